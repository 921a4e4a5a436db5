// Where the person is, in the address behind the #, so that the browser's own way back works.
class Router {
  parts = $state.raw<string[]>(read());
  query = $state.raw<URLSearchParams>(asked());
  readonly screen = $derived(this.parts[0] ?? "");

  begin(): void {
    window.addEventListener("hashchange", () => {
      this.parts = read();
      this.query = asked();
      scrollTo(0, 0);
    });
  }
}

function read(): string[] {
  const [path = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return path.split("/").filter(Boolean).map(decodeURIComponent);
}

function asked(): URLSearchParams {
  return new URLSearchParams(location.hash.split("?")[1] ?? "");
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

/** Keep what a screen was asked for in its address, without a step back for each change; what is empty is left out. */
export function askInAddress(values: Record<string, string | null>): void {
  const [path = ""] = location.hash.split("?");
  const query = asked();
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  history.replaceState(history.state, "", query.size ? `${path || "#/"}?${query}` : path || "#/");
  router.query = query;
}
