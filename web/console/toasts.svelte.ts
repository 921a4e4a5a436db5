// What was done, said for a while at the edge of the screen, with a way back where there is one.
const SHOWN_MS = 10_000;

export interface Toast {
  id: number;
  text: string;
  undo: (() => Promise<void>) | null;
  wrong: boolean;
}

class Toasts {
  shown = $state.raw<Toast[]>([]);
  #next = 1;

  say(text: string, undo: (() => Promise<void>) | null = null): void {
    this.#show({ id: this.#next++, text, undo, wrong: false });
  }

  complain(text: string): void {
    this.#show({ id: this.#next++, text, undo: null, wrong: true });
  }

  close(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  #show(toast: Toast): void {
    this.shown = [...this.shown, toast];
    setTimeout(() => this.close(toast.id), SHOWN_MS);
  }
}

export const toasts = new Toasts();
