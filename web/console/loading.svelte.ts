// What a screen asks the server for: asked anew whenever what it was asked with changes.
import { Problem } from "../problem.ts";

class Loading<T> {
  value = $state.raw<T | undefined>(undefined);
  problem = $state.raw<Problem | null>(null);
  busy = $state(true);
  #turn = 0;
  readonly #ask: () => Promise<T>;

  constructor(ask: () => Promise<T>, mayBegin: () => boolean) {
    this.#ask = ask;
    $effect(() => {
      if (mayBegin()) void this.again();
    });
  }

  /** Ask once more; an answer that was overtaken by a later one is let go. */
  async again(): Promise<void> {
    const turn = ++this.#turn;
    const asked = this.#ask();
    this.busy = true;
    try {
      const value = await asked;
      if (turn === this.#turn) [this.value, this.problem] = [value, null];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (turn === this.#turn) this.problem = error;
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }
}

export type { Loading };

/** To be called while a component is made; nothing is asked before `mayBegin`. */
export function loading<T>(ask: () => Promise<T>, mayBegin: () => boolean = () => true): Loading<T> {
  return new Loading(ask, mayBegin);
}
