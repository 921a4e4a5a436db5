// Keeping a page as it is on the server: asks again for what changed, at once after a quiet time, else every few seconds.
import type { Loading } from "../loading.svelte.ts";
import { follow, type News } from "./events.ts";

const APART_MS = 2_500;
const SLOWLY_MS = 120_000; // without any news: how long ago something was grows by itself

interface Part {
  topics: readonly string[];
  loading: Pick<Loading<unknown>, "again">;
}

class Fresh {
  /** null until it is known */
  live = $state<boolean | null>(null);
  #wanted = new Set<Part>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    $effect(() => {
      const leave = follow((news) => this.#hear(news));
      const slowly = setInterval(() => this.#want(this.#parts), SLOWLY_MS);
      return () => {
        leave();
        clearInterval(slowly);
        clearTimeout(this.#timer);
        this.#timer = undefined;
      };
    });
  }

  #hear(news: News): void {
    this.live = news.kind !== "lost";
    if (news.kind === "reload") this.#want(this.#parts);
    if (news.kind === "changed") this.#want(this.#parts.filter((part) => part.topics.some((one) => news.topics.includes(one))));
  }

  #want(parts: readonly Part[]): void {
    for (const part of parts) this.#wanted.add(part);
    if (this.#wanted.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#ask(), Math.max(0, this.#last + APART_MS - Date.now()));
  }

  #ask(): void {
    this.#timer = undefined;
    this.#last = Date.now();
    for (const part of this.#wanted) void part.loading.again();
    this.#wanted.clear();
  }
}

/** To be called while a component is made: each part with the topics of which it shows something. */
export function keepFresh(...parts: Part[]): Fresh {
  return new Fresh(parts);
}
