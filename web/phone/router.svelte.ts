// Where the person is, in the address behind the #, so that the phone's own way back works.
class Router {
  parts = $state.raw<string[]>(read());
  readonly screen = $derived(this.parts[0] ?? "");

  begin(): void {
    window.addEventListener("hashchange", () => {
      this.parts = read();
      scrollTo(0, 0);
    });
  }
}

function read(): string[] {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

export const router = new Router();

/** The address of a screen. */
export function to(...parts: (string | number)[]): string {
  return `#/${parts.map((part) => encodeURIComponent(part)).join("/")}`;
}

/** Go there in place of where one is, so that back does not lead through what is done. */
export function replaceBy(...parts: (string | number)[]): void {
  location.replace(to(...parts));
}
