// What is still to be sent. A thing counts as done for its maker once it lies here, and leaves only with the server's answer.
import type { WrongField } from "../../problem.ts";
import { database, type Kind, type QueueRow, type Standing } from "../store/database.ts";
import { seal, sealBytes, unseal } from "../store/vault.ts";

/** What the server said to something it did not take. */
export interface Refusal {
  code: string;
  detail: string;
  detailZh?: string | null;
  fields?: readonly WrongField[];
  at: number;
}

/** One thing of the queue, opened. */
export interface Queued {
  place: number;
  id: string;
  kind: Kind;
  orderId: number;
  standing: Standing;
  content: Content;
  refusal?: Refusal;
}

/** `body` as it is sent; `name` says whom it is about, also when the work order is gone; `about`: the id of what is undone. */
export interface Content {
  name: string;
  made_at: number;
  about?: string;
  body: Record<string, unknown>;
}

/** Something to be sent, as it is made: `body` gets the number of this report of its work order; `bytes` of a photo. */
export interface Entry {
  kind: Kind;
  orderId: number;
  name: string;
  body: (count: number) => Record<string, unknown>;
  bytes?: ArrayBuffer;
  about?: string;
}

const TRIES = 20;

/**
 * Keep things to be sent, all of them or none; whoever awaits this may tell their maker that they are safe. Gives their ids.
 * Reports of a work order are counted without a gap, also where two windows count at once.
 */
export async function enqueue(...entries: Entry[]): Promise<string[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const counts = await Promise.all(entries.map((entry) => countOf(entry.orderId)));
    const rows = await Promise.all(entries.map((entry, at) => rowOf(entry, counts[at]! + 1))); // no transaction waits for this
    const kept = await database.transaction("rw", database.queue, database.sequences, async () => {
      for (const [at, { kind, orderId }] of entries.entries()) {
        if (kind !== "feedback") continue;
        if ((await countOf(orderId)) !== counts[at]) return false;
        await database.sequences.put({ orderId, count: counts[at]! + 1 });
      }
      await database.queue.bulkAdd(rows as QueueRow[]);
      return true;
    });
    if (kept) return rows.map((row) => row.id);
  }
  throw new Error("the queue is busy");
}

async function countOf(orderId: number): Promise<number> {
  return (await database.sequences.get(orderId))?.count ?? 0;
}

async function rowOf(entry: Entry, count: number): Promise<Omit<QueueRow, "place">> {
  const content: Content = {
    name: entry.name,
    made_at: Date.now(),
    body: entry.body(count),
    ...(entry.about ? { about: entry.about } : {}),
  };
  const id = String(content.body.id ?? crypto.randomUUID());
  const row = {
    id,
    kind: entry.kind,
    orderId: entry.orderId,
    standing: "waiting" as const,
    box: await seal(`queue/${id}`, content),
  };
  return entry.bytes ? { ...row, bytes: await sealBytes(`bytes/${id}`, entry.bytes) } : row;
}

export async function readQueue(): Promise<Queued[]> {
  const rows = await database.queue.orderBy("place").toArray();
  return Promise.all(rows.map(openRow));
}

export async function openRow(row: QueueRow): Promise<Queued> {
  const content = await unseal<Content>(`queue/${row.id}`, row.box);
  const refusal = row.answer && (await unseal<Refusal>(`answers/${row.id}`, row.answer));
  const { place, id, kind, orderId, standing } = row;
  return { place, id, kind, orderId, standing, content, ...(refusal ? { refusal } : {}) };
}

/** The server has it: it leaves the queue. */
export async function settle(places: number[]): Promise<void> {
  await database.queue.bulkDelete(places);
}

/** The server does not take it, or waits: it stays, with the reason, until its maker has seen it. */
export async function setAside(place: number, id: string, standing: Standing, refusal: Refusal): Promise<void> {
  await database.queue.update(place, { standing, answer: await seal(`answers/${id}`, refusal) });
}
