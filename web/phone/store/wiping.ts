// Everything of a person off this phone: on log-out, when the device was revoked, after too long without contact.
import { database, readMeta } from "./database.ts";
import { forget } from "./vault.ts";

export const LONGEST_SILENCE_DAYS = 14;
const DAY = 24 * 60 * 60 * 1000;
export type Because = "logged_out" | "revoked" | "silence" | "other_person";

export async function wipe(because: Because): Promise<void> {
  const { orders, queue, documents, sequences, keys, meta } = database;
  await database.transaction("rw", [orders, queue, documents, sequences, keys, meta], async () => {
    await keys.clear(); // first: from here on the rest is noise, even where storage keeps old pages
    await Promise.all([orders.clear(), queue.clear(), documents.clear(), sequences.clear()]);
    await meta.bulkDelete(["heard_at", "seen_at", "synced_at", "sent_today"]);
    await meta.put({ name: "wiped", value: because });
  });
  forget();
}

/** Whole days until the silence ends what is here; null where the server was never heard. The clock may not run backwards. */
export async function daysLeft(now: number): Promise<number | null> {
  const heard = await readMeta<number>("heard_at");
  if (heard === undefined) return null;
  const latest = Math.max(now, (await readMeta<number>("seen_at")) ?? 0);
  await database.meta.put({ name: "seen_at", value: latest });
  return Math.max(0, Math.ceil(LONGEST_SILENCE_DAYS - (latest - heard) / DAY));
}
