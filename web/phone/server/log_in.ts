// Logging in and out on this phone.
import { database } from "../store/database.ts";
import { create, isOpen } from "../store/vault.ts";
import { wipe } from "../store/wiping.ts";
import { problemOf } from "./problems.ts";
import { ask, deviceId, keepTokens, readSession } from "./session.ts";
import type { Answer, AnswerToPost } from "../../answers.ts";

type Tokens = AnswerToPost<"/auth/login">;
type Key = Answer<"/mobile/v1/device-key">;

/** Results of another person wait on this phone: they must log in first, so that nothing of theirs is lost. */
export class OthersWork extends Error {
  constructor(
    readonly login: string,
    readonly waiting: number,
  ) {
    super();
  }
}

/** Log in; what the same person left here stays, what another one left is wiped unless something of it is still to be sent. */
export async function logIn(login: string, password: string): Promise<void> {
  const before = (await isOpen()) ? await readSession() : undefined;
  const waiting = await database.queue.count();
  if (before && before.login !== login && waiting > 0) throw new OthersWork(before.login, waiting);
  const body = JSON.stringify({ login, password, device_id: await deviceId() });
  const answer = await ask("/auth/login", { method: "POST", body });
  if (!answer.ok) throw await problemOf(answer);
  const tokens = (await answer.json()) as Tokens;
  if (before?.login !== login) await begin(tokens);
  await keepTokens(login, tokens);
  await database.meta.bulkPut([
    { name: "wiped", value: null },
    { name: "heard_at", value: Date.now() },
    { name: "seen_at", value: Date.now() },
  ]);
}

/** Put a password of one's own in the place of the present one. */
export async function choosePassword(login: string, password: string, chosen: string): Promise<void> {
  const body = JSON.stringify({ login, password, new_password: chosen });
  const answer = await ask("/auth/password", { method: "POST", body });
  if (!answer.ok) throw await problemOf(answer);
}

async function begin(tokens: Tokens): Promise<void> {
  const answer = await ask("/mobile/v1/device-key", { headers: { Authorization: `Bearer ${tokens.access_token}` } });
  if (!answer.ok) throw await problemOf(answer);
  const { key } = (await answer.json()) as Key;
  await wipe("other_person");
  await create(Uint8Array.from(atob(key), (character) => character.charCodeAt(0)));
}

/** End the log-in at the server where it can be reached, and take everything off the phone. */
export async function logOut(): Promise<void> {
  const session = await readSession();
  if (session) {
    const body = JSON.stringify({ refresh_token: session.refresh });
    await ask("/auth/logout", { method: "POST", body }).catch(() => undefined);
  }
  await wipe("logged_out");
}
