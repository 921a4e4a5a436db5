// Asking the server as who is logged in here.
import { database } from "../store/database.ts";
import { problemOf, TooOld } from "./problems.ts";
import { ask, freshSession, REVOKED, revoked } from "./session.ts";

/** The server's answer to a request with the session's token, renewed once where it is refused. Raises what problems.ts names. */
export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const session = await freshSession();
  const first = await authorized(path, init, session.access);
  if (first.status !== 401) return heard(first);
  const problem = await problemOf(first);
  if (problem.code === REVOKED) return revoked();
  return heard(await authorized(path, init, (await freshSession(session.access)).access));
}

/** As `call`, with a JSON body. */
export async function send(method: string, path: string, body: unknown): Promise<Response> {
  return call(path, { method, body: JSON.stringify(body) });
}

export async function read<T>(path: string): Promise<T> {
  return (await (await call(path)).json()) as T;
}

async function authorized(path: string, init: RequestInit, access: string): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${access}`);
  return ask(path, { ...init, headers });
}

async function heard(answer: Response): Promise<Response> {
  if (answer.ok || answer.status === 304) {
    const now = Date.now();
    await database.meta.bulkPut([
      { name: "heard_at", value: now },
      { name: "seen_at", value: now },
    ]);
    return answer;
  }
  const problem = await problemOf(answer);
  if (problem.code === REVOKED) return revoked();
  if (problem.status === 426) throw new TooOld();
  throw problem;
}
