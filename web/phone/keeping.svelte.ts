// A document that one screen asks for: what the phone kept of it at once, and what the server says as soon as it does.
import { onMount } from "svelte";
import { Offline, Problem } from "./server/problems.ts";
import { find } from "./store/documents.ts";
import { keepAnswer } from "./sync/round.ts";

export interface Kept<T> {
  readonly body: T | null;
  /** the server could not be asked, or had nothing to say */
  readonly offline: boolean;
}

/** To be called once by a screen, with what it is kept as and where it comes from. */
export function kept<T>(which: () => [name: string, path: string]): Kept<T> {
  let body = $state.raw<T | null>(null);
  let offline = $state(false);

  onMount(async () => {
    const [name, path] = which();
    body = (await find<T>(name))?.body ?? null;
    try {
      await keepAnswer(name, path);
      body = (await find<T>(name))?.body ?? null;
    } catch (error) {
      if (!(error instanceof Offline || error instanceof Problem)) throw error;
      offline = true;
    }
  });

  return {
    get body() {
      return body;
    },
    get offline() {
      return offline;
    },
  };
}
