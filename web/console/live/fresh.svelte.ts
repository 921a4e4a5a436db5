// Keeping a page as it is on the server: each part is asked for once the stream tells of changes, and then again for what changed,
// at once after a quiet time, else every few seconds.
import { loading, type Loading } from "../loading.svelte.ts";
import { follow, type News } from "./events.ts";

const APART_MS = 2_500;
const SLOWLY_MS = 120_000; // without any news: how long ago something was grows by itself
const PATIENCE_MS = 1_500; // with a stream that does not begin

interface Part {
  topics: readonly string[];
  loading: Loading<unknown>;
}

class Fresh {
  /** null until it is known */
  live = $state<boolean | null>(null);
  #begun = $state(false);
  #wanted = new Set<Part>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  readonly #parts: Part[] = [];

  constructor() {
    $effect(() => {
      const leave = follow((news) => this.#hear(news));
      const patience = setTimeout(() => this.#begin(), PATIENCE_MS);
      const slowly = setInterval(() => this.#want(this.#parts), SLOWLY_MS);
      return () => {
        leave();
        clearTimeout(patience);
        clearInterval(slowly);
        clearTimeout(this.#timer);
        this.#timer = undefined;
      };
    });
  }

  /** A part of the page, with the topics of which it shows something. */
  part<T>(topics: readonly string[], ask: () => Promise<T>): Loading<T> {
    const part = loading(ask, () => this.#begun);
    this.#parts.push({ topics, loading: part });
    return part;
  }

  #begin(): void {
    if (!this.#begun) this.#last = Date.now();
    this.#begun = true;
  }

  #hear(news: News): void {
    if (news.kind !== "led") this.live = news.kind !== "lost";
    if (news.kind === "reload" && this.#begun) this.#want(this.#parts);
    this.#begin(); // what is asked for from now on has all that was
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

/** To be called while a component is made. */
export function keepFresh(): Fresh {
  return new Fresh();
}
