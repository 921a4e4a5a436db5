// What can come of asking the server.

/** No answer: no net, or nobody at the other end. */
export class Offline extends Error {}

/** The log-in is over: what is here stays, and goes out after the next log-in. */
export class LoggedOut extends Error {}

/** This device was revoked: what was here is gone. */
export class Revoked extends Error {}

/** The server no longer talks to this version of the app. */
export class TooOld extends Error {}

/** The server said no, or not now. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly retrySeconds: number,
  ) {
    super(detail);
  }

  /** Whether asking again later may help. */
  get passes(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

export async function problemOf(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
  return new Problem(answer.status, body.code ?? "error", body.detail ?? "", Number(answer.headers.get("Retry-After") ?? 0));
}
