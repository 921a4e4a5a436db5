// What changes, as it happens: one stream for all windows of this browser, for a browser opens only six connections.
import { get } from "../server.ts";

export type News =
  { kind: "changed"; unit_ids: number[]; topics: string[] } | { kind: "reload" } | { kind: "beat" } | { kind: "lost" };

const NAME = "gridwork-live";
const SILENCE_MS = 40_000;
const AGAIN_MS = 5_000;

/** Tell what changes until the returned function is called. The window that leads hears it and tells the others. */
export function follow(tell: (news: News) => void): () => void {
  const others = new BroadcastChannel(NAME);
  const stop = new AbortController();
  others.onmessage = (event: MessageEvent<News>) => tell(event.data);
  const pass = (news: News): void => {
    if (stop.signal.aborted) return;
    tell(news);
    others.postMessage(news);
  };
  navigator.locks.request(NAME, { signal: stop.signal }, () => lead(pass, stop.signal)).catch(() => undefined);
  return () => {
    stop.abort();
    others.close();
  };
}

async function lead(pass: (news: News) => void, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await listen(pass, stop);
    if (stop.aborted) return;
    pass({ kind: "lost" });
    await new Promise((go) => setTimeout(go, AGAIN_MS));
    await get("/auth/me").catch(() => undefined); // renews the log-in where it is over
  }
}

/** One stream, until it is refused or says nothing for too long. What merely breaks, the browser opens again by itself. */
function listen(pass: (news: News) => void, stop: AbortSignal): Promise<void> {
  return new Promise((over) => {
    const source = new EventSource("/dashboard/v1/events");
    let silence = setTimeout(end, SILENCE_MS);
    function end(): void {
      clearTimeout(silence);
      source.close();
      over();
    }
    function heard(news: News): void {
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE_MS);
      pass(news);
    }
    stop.addEventListener("abort", end);
    source.onerror = () => source.readyState === EventSource.CLOSED && end();
    source.addEventListener("hello", (event) => {
      const { resumed } = JSON.parse(event.data as string) as { resumed: boolean };
      heard(resumed ? { kind: "beat" } : { kind: "reload" });
    });
    source.addEventListener("beat", () => heard({ kind: "beat" }));
    source.addEventListener("reload", () => heard({ kind: "reload" }));
    source.addEventListener("changed", (event) =>
      heard({ kind: "changed", ...(JSON.parse(event.data as string) as object) } as News),
    );
  });
}
