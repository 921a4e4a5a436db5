// One round with the server: send what waits, take in what changed. The same code runs in the page and in the service worker.
import { Offline, LoggedOut, Problem, Revoked, TooOld } from "../server/problems.ts";
import { call } from "../server/client.ts";
import { database, writeMeta } from "../store/database.ts";
import { find, keep } from "../store/documents.ts";
import { Closed, isOpen, keyMark } from "../store/vault.ts";
import { daysLeft, wipe } from "../store/wiping.ts";
import { reportDevice } from "./device.ts";
import { pullOrders } from "./pull.ts";
import { sendQueue } from "./sending.ts";

export type Ended = "done" | "offline" | "logged_out" | "revoked" | "too_old" | "busy" | "closed" | "silence";

/** Told to every window when a round ended. */
export interface News {
  ended: Ended;
  /** seconds until the server wants to be asked again */
  wait: number;
}

const DAILY = 24 * 60 * 60 * 1000;
const OFTEN = 10 * 60 * 1000;
export const NEWS = "gridwork-news";

/** Documents of the server, each with how long it is good for. */
const DOCUMENTS: [name: string, path: string, life: number][] = [
  ["day", "/mobile/v1/day", 0],
  ["points", "/mobile/v1/points", OFTEN],
  ["disputes", "/mobile/v1/points/disputes", OFTEN],
  ["refusals", "/mobile/v1/do-not-disturb", OFTEN],
  ["outcomes", "/mobile/v1/outcomes", DAILY],
  ["correctable_fields", "/mobile/v1/correctable-fields", DAILY],
  ["return_reasons", "/mobile/v1/return-reasons", DAILY],
];

/** One round, by one window or worker at a time; those who come meanwhile get its news. */
export async function syncRound(all = false): Promise<News> {
  const news = await navigator.locks.request("gridwork-sync", () => attempt(all));
  const channel = new BroadcastChannel(NEWS);
  channel.postMessage(news);
  channel.close();
  return news;
}

async function attempt(all: boolean): Promise<News> {
  if (!(await isOpen())) return { ended: "closed", wait: 0 };
  try {
    await refreshDocuments(false, DAILY); // first, so that whoever has work also has what to record it with
    const sent = await sendQueue();
    if (sent > 0) await count(sent);
    await pullOrders();
    await refreshDocuments(all || sent > 0);
    await writeMeta("synced_at", Date.now());
    await reportDevice().catch(unimportant);
    return { ended: "done", wait: 0 };
  } catch (error) {
    if (error instanceof Revoked) return { ended: "revoked", wait: 0 };
    if (await silentTooLong()) return { ended: "silence", wait: 0 };
    return { ended: endOf(error), wait: error instanceof Problem ? error.retrySeconds : 0 };
  }
}

/** Asked only where the server could not be: who comes back with a net after a long time loses nothing. */
async function silentTooLong(): Promise<boolean> {
  if ((await daysLeft(Date.now())) !== 0) return false;
  await wipe("silence");
  return true;
}

function endOf(error: unknown): Ended {
  if (error instanceof Closed) return "closed";
  if (error instanceof Offline) return "offline";
  if (error instanceof LoggedOut) return "logged_out";
  if (error instanceof TooOld) return "too_old";
  if (error instanceof Problem) return error.status === 401 ? "logged_out" : "busy";
  throw error;
}

/** What the server has not, or does not want now, stops no round. */
function unimportant(error: unknown): void {
  if (!(error instanceof Problem) || error.passes || error.status === 401) throw error;
}

async function refreshDocuments(all: boolean, longLived = 0): Promise<void> {
  for (const [name, path, life] of DOCUMENTS) {
    if (life < longLived) continue;
    const kept = await find(name);
    if (kept && Date.now() - kept.at < life && !(all && life <= OFTEN)) continue;
    await refreshDocument(name, path, kept?.tag);
  }
}

/** As `keepAnswer`, for a document that the server may not have (yet): then what is here stays. */
async function refreshDocument(name: string, path: string, tag?: string): Promise<void> {
  await keepAnswer(name, path, tag).catch(unimportant);
}

/** Ask for a document, and keep it. */
export async function keepAnswer(name: string, path: string, tag?: string): Promise<void> {
  const under = await keyMark();
  const answer = await call(path, tag ? { headers: { "If-None-Match": tag } } : {});
  if (answer.status === 304) return;
  await keep(name, (await answer.json()) as unknown, answer.headers.get("ETag") ?? undefined, under);
}

/** How many things the server took today, for the person to see. */
async function count(sent: number): Promise<void> {
  const today = new Date().toDateString();
  await database.transaction("rw", database.meta, async () => {
    const before = (await database.meta.get("sent_today"))?.value as { day: string; count: number } | undefined;
    await database.meta.put({
      name: "sent_today",
      value: { day: today, count: (before?.day === today ? before.count : 0) + sent },
    });
  });
}
