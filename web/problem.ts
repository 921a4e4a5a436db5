// The server said no, or not now: problem+json.
export interface WrongField {
  field: string;
  expected: string;
  /** the same in Chinese, where the domain refused it */
  expected_zh?: string | null;
  /** of an error of the server's framework, with its figures: what it is said by in another language */
  type?: string;
  context?: Record<string, string | number>;
}

interface Body {
  code?: string;
  detail?: string;
  detail_zh?: string | null;
  errors?: WrongField[];
}

/** The server's framework refused fields: what of each is said by its type. */
export const WRONG_FIELDS = "request.invalid";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly retrySeconds: number,
    readonly fields: readonly WrongField[] = [],
    /** as `detail`, in Chinese */
    readonly detailZh: string | null = null,
  ) {
    super(detail);
  }

  /** Whether asking again later may help. */
  get passes(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

export async function problemOf(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as Body;
  const retry = Number(answer.headers.get("Retry-After") ?? 0);
  return new Problem(answer.status, body.code ?? "error", body.detail ?? "", retry, body.errors ?? [], body.detail_zh ?? null);
}
