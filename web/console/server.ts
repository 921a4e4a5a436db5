// Asking the server as who is logged in: the log-in is a cookie that no script reads, renewed once where it is over.
import type { Answer, AnswerTo, Path, Verb } from "../answers.ts";
import { Problem, problemOf } from "../problem.ts";

const SESSION = "/console/session";
type Value = string | number | boolean | null | undefined;

/** What goes into a path's {names} and behind its question mark; lists are repeated, what is null or undefined is left out. */
export interface Values {
  path?: Record<string, string | number>;
  query?: Record<string, Value | readonly Value[]>;
}

let onLoggedOut = (): void => undefined;

/** What is done where the log-in is over for good. */
export function whenLoggedOut(then: () => void): void {
  onLoggedOut = then;
}

export async function logIn(login: string, password: string): Promise<void> {
  await heard(await ask("POST", SESSION, { login, password }));
}

/** Put a password of one's own in the place of the present one. */
export async function choosePassword(login: string, password: string, chosen: string): Promise<void> {
  await heard(await ask("POST", "/auth/password", { login, password, new_password: chosen }));
}

export async function logOut(): Promise<void> {
  await heard(await ask("DELETE", SESSION));
}

export function get<P extends Path>(path: P, values: Values = {}): Promise<Answer<P>> {
  return read<Answer<P>>("GET", addressOf(path, values));
}

export function post<P extends Path>(path: P, body?: unknown, values: Values = {}): Promise<AnswerTo<P, "post">> {
  return send("post", path, body, values);
}

export function put<P extends Path>(path: P, body?: unknown, values: Values = {}): Promise<AnswerTo<P, "put">> {
  return send("put", path, body, values);
}

export function patch<P extends Path>(path: P, body?: unknown, values: Values = {}): Promise<AnswerTo<P, "patch">> {
  return send("patch", path, body, values);
}

export function del<P extends Path>(path: P, values: Values = {}): Promise<AnswerTo<P, "delete">> {
  return send("delete", path, undefined, values);
}

/** The address of a path with its values, for links that download. */
export function addressOf(path: string, values: Values = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values.path?.[name] ?? "")));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values.query ?? {})) {
    for (const one of Array.isArray(value) ? (value as readonly Value[]) : [value as Value]) {
      if (one !== null && one !== undefined && one !== "") query.append(name, String(one));
    }
  }
  return query.size ? `${filled}?${query}` : filled;
}

/** The answer as it comes, for what is not JSON. Raises Problem. */
export async function fetchRaw(method: string, address: string, body?: unknown): Promise<Response> {
  const first = await ask(method, address, body);
  if (first.status !== 401) return heard(first);
  await renewed();
  return heard(await ask(method, address, body));
}

function send<P extends Path, V extends Verb>(verb: V, path: P, body: unknown, values: Values): Promise<AnswerTo<P, V>> {
  return read<AnswerTo<P, V>>(verb.toUpperCase(), addressOf(path, values), body);
}

async function read<T>(method: string, address: string, body?: unknown): Promise<T> {
  const answer = await fetchRaw(method, address, body);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function ask(method: string, address: string, body?: unknown): Promise<Response> {
  const form = body instanceof FormData;
  const content = form ? body : JSON.stringify(body);
  const init: RequestInit =
    body === undefined ? {} : { body: content, headers: form ? {} : { "Content-Type": "application/json" } };
  try {
    return await fetch(address, { method, credentials: "same-origin", ...init });
  } catch {
    throw new Problem(0, "net.none", "", 0);
  }
}

async function heard(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  if (problem.status === 401 && problem.code !== "login.wrong") onLoggedOut();
  throw problem;
}

let renewing: Promise<void> | null = null;

/** Several requests that were refused at once renew it once. */
function renewed(): Promise<void> {
  renewing ??= renew().finally(() => (renewing = null));
  return renewing;
}

async function renew(): Promise<void> {
  await heard(await ask("POST", `${SESSION}/renew`));
}
