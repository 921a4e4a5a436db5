// What the phone holds. Everything a customer or a person could be known by lies in a Box, which only the vault opens.
import Dexie, { type EntityTable } from "dexie";

/** Something encrypted: AES-GCM's nonce, and the content with its tag. */
export interface Box {
  nonce: Uint8Array<ArrayBuffer>;
  content: ArrayBuffer;
}

/** A work order. `version` is in the clear for the hash of the set that the server checks. */
export interface OrderRow {
  id: number;
  version: number;
  box: Box;
}

export type Kind = "feedback" | "return" | "refusal" | "undo" | "dispute" | "attachment";
export type Standing = "waiting" | "held" | "refused";

/** Something to be sent, in the order of `place`; `answer` says why the server refused it, `bytes` are a photo. */
export interface QueueRow {
  place: number;
  id: string;
  kind: Kind;
  orderId: number;
  standing: Standing;
  box: Box;
  answer?: Box;
  bytes?: Box;
}

/** Anything else that came from the server, by its name. */
export interface DocumentRow {
  name: string;
  box: Box;
}

/** What is no secret: the device's id, settings, when the server was last heard. */
export interface MetaRow {
  name: string;
  value: unknown;
}

/** How many reports of a work order this phone has numbered. */
export interface SequenceRow {
  orderId: number;
  count: number;
}

/** The lock is a key that no script can read; the secret of the device session is wrapped with it. */
export interface KeyRow {
  name: string;
  lock: CryptoKey;
  wrapped: Box;
}

export const database = new Dexie("gridwork-phone") as Dexie & {
  orders: EntityTable<OrderRow, "id">;
  queue: EntityTable<QueueRow, "place">;
  documents: EntityTable<DocumentRow, "name">;
  meta: EntityTable<MetaRow, "name">;
  sequences: EntityTable<SequenceRow, "orderId">;
  keys: EntityTable<KeyRow, "name">;
};

database.version(1).stores({
  orders: "id",
  queue: "++place, &id, standing, orderId",
  documents: "name",
  meta: "name",
  sequences: "orderId",
  keys: "name",
});

export async function readMeta<T>(name: string): Promise<T | undefined> {
  return (await database.meta.get(name))?.value as T | undefined;
}

export async function readAllMeta(): Promise<Map<string, unknown>> {
  return new Map((await database.meta.toArray()).map((row) => [row.name, row.value]));
}

export async function writeMeta(name: string, value: unknown): Promise<void> {
  await database.meta.put({ name, value });
}
