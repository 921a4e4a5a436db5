// The server said no, or not now: problem+json.
export interface WrongField {
  field: string;
  expected: string;
  /** of an error of the server's framework, with its figures: what it is said by in another language */
  type?: string;
  context?: Record<string, string | number>;
}

/** The server's framework refused fields; its sentence about them is English. */
export const WRONG_FIELDS = "request.invalid";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly retrySeconds: number,
    readonly fields: readonly WrongField[] = [],
  ) {
    super(detail);
  }

  /** Whether asking again later may help. */
  get passes(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

export async function problemOf(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string; errors?: WrongField[] };
  const retry = Number(answer.headers.get("Retry-After") ?? 0);
  return new Problem(answer.status, body.code ?? "error", body.detail ?? "", retry, body.errors ?? []);
}
