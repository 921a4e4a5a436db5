// The log-in of this device: tokens, kept in a box, renewed by one place at a time.
import type { AnswerToPost } from "../../answers.ts";
import { readMeta, writeMeta } from "../store/database.ts";
import { find, keep } from "../store/documents.ts";
import { keyMark } from "../store/vault.ts";
import { wipe } from "../store/wiping.ts";
import { LoggedOut, Offline, problemOf, Revoked } from "./problems.ts";

type Tokens = AnswerToPost<"/auth/login">;

export interface Session {
  login: string;
  access: string;
  /** by the phone's clock, with a margin */
  until: number;
  refresh: string;
}

export const REVOKED = "device.revoked";
const MARGIN_MS = 30_000;
const LONGEST_WAIT_MS = 30_000;

export async function deviceId(): Promise<string> {
  const known = await readMeta<string>("device_id");
  if (known) return known;
  const made = crypto.randomUUID();
  await writeMeta("device_id", made);
  return made;
}

export async function readSession(): Promise<Session | undefined> {
  return (await find<Session>("session"))?.body;
}

/** `under`: as of `keep`. */
export async function keepTokens(login: string, tokens: Tokens, under?: string): Promise<Session> {
  const session = {
    login,
    access: tokens.access_token,
    until: Date.now() + tokens.expires_in * 1000 - MARGIN_MS,
    refresh: tokens.refresh_token ?? "",
  };
  await keep("session", session, undefined, under);
  return session;
}

/** A session whose access token still holds; renewed where it does not, or where `refused` is the token it holds. */
export async function freshSession(refused?: string): Promise<Session> {
  return navigator.locks.request("gridwork-session", async () => {
    const session = await readSession();
    if (!session) throw new LoggedOut();
    if (session.access !== refused && Date.now() < session.until) return session;
    const under = await keyMark();
    const answer = await ask("/auth/refresh", { method: "POST", body: JSON.stringify({ refresh_token: session.refresh }) });
    if (answer.ok) return keepTokens(session.login, (await answer.json()) as Tokens, under);
    const problem = await problemOf(answer);
    if (problem.code === REVOKED) return revoked();
    throw problem.status === 401 ? new LoggedOut() : problem;
  });
}

/** The server took this phone out of use: nothing of anybody stays on it. */
export async function revoked(): Promise<never> {
  await wipe("revoked");
  throw new Revoked();
}

/** One request; Offline where there is no answer. Nothing of an answer stays in the browser's own cache. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("X-Device-Id", await deviceId());
  headers.set("X-App-Version", VERSION);
  if (typeof init.body === "string") headers.set("Content-Type", "application/json");
  try {
    return await fetch(path, {
      ...init,
      headers,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(LONGEST_WAIT_MS),
    });
  } catch {
    throw new Offline();
  }
}
