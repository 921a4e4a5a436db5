// What changes, as it happens: one stream for all windows of this browser, for a browser opens only six connections.
import { get } from "../server.ts";

/** led: another window of this browser has the stream, and tells this one. */
export type News =
  | { kind: "changed"; unit_ids: number[]; topics: string[] }
  | { kind: "reload" }
  | { kind: "beat" }
  | { kind: "lost" }
  | { kind: "led" };

const NAME = "gridwork-live";
const SILENCE_MS = 40_000;
const AGAIN_MS = 5_000;
const LEFT_MS = 150; // by when who leads is known
const LINGER_MS = 5_000; // after the last page that listened: the next one mostly listens too

type Tell = (news: News) => void;
const listeners = new Set<Tell>();
let followed: AbortController | null = null;
let standing: News | null = null; // whether what is told is all that happens; null until it is known

/** Tell what changes until the returned function is called. The window that leads hears it and tells the others. */
export function follow(tell: Tell): () => void {
  listeners.add(tell);
  if (followed === null) followed = begin();
  else if (standing) tell(standing);
  return () => {
    listeners.delete(tell);
    setTimeout(end, LINGER_MS);
  };
}

function end(): void {
  if (listeners.size > 0) return;
  followed?.abort();
  followed = standing = null;
}

function hear(news: News): void {
  standing = news.kind === "lost" || news.kind === "led" ? news : { kind: "beat" };
  for (const tell of [...listeners]) tell(news);
}

function begin(): AbortController {
  const others = new BroadcastChannel(NAME);
  const stop = new AbortController();
  let leads = false;
  stop.signal.addEventListener("abort", () => others.close());
  others.onmessage = (event: MessageEvent<News>) => hear(event.data);
  const pass = (news: News): void => {
    if (stop.signal.aborted) return;
    hear(news);
    others.postMessage(news);
  };
  const turn = (): Promise<void> => {
    leads = true;
    return lead(pass, stop.signal);
  };
  navigator.locks.request(NAME, { signal: stop.signal }, turn).catch(() => undefined);
  // A page that is just being left holds it for a moment more.
  setTimeout(() => {
    void navigator.locks.query().then(({ held }) => {
      if (!leads && !stop.signal.aborted && held?.some((lock) => lock.name === NAME)) hear({ kind: "led" });
    });
  }, LEFT_MS);
  return stop;
}

async function lead(pass: Tell, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await listen(pass, stop);
    if (stop.aborted) return;
    pass({ kind: "lost" });
    await new Promise((go) => setTimeout(go, AGAIN_MS));
    await get("/auth/me").catch(() => undefined); // renews the log-in where it is over
  }
}

/** One stream, until it is refused or says nothing for too long. What merely breaks, the browser opens again by itself. */
function listen(pass: Tell, stop: AbortSignal): Promise<void> {
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
