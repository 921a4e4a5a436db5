// Single answers of the server, kept whole: the day, the points, a customer.
import { database, type DocumentRow } from "./database.ts";
import { keyMark, seal, unseal, writeUnder } from "./vault.ts";

/** A document with when it came, by the phone's clock. */
export interface Kept<T> {
  at: number;
  body: T;
  tag?: string;
}

export async function boxOf<T>(name: string, body: T, tag?: string): Promise<DocumentRow> {
  const kept: Kept<T> = { at: Date.now(), body, ...(tag === undefined ? {} : { tag }) };
  return { name, box: await seal(`documents/${name}`, kept) };
}

/** `under`: the mark of the key when it was asked for; the log-in may have ended, or be another's, when the answer comes. */
export async function keep<T>(name: string, body: T, tag?: string, under?: string): Promise<void> {
  const mark = under ?? (await keyMark());
  const row = await boxOf(name, body, tag);
  await writeUnder(mark, [database.documents], () => database.documents.put(row));
}

export async function find<T>(name: string): Promise<Kept<T> | undefined> {
  const row = await database.documents.get(name);
  return row && unseal<Kept<T>>(`documents/${name}`, row.box);
}
