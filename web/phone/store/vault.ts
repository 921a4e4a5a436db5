// Opens and closes boxes. The key is derived from a secret that the server hands to the device session and that lies here
// only wrapped by a key no script can read. With the lock gone every box is noise. See docs/decisions (data on the phone).
import type { Table } from "dexie";
import { database, type Box, type KeyRow } from "./database.ts";

const KEY = "device";
const INFO = new TextEncoder().encode("gridwork phone data 1");
let opened: { key: CryptoKey; mark: string } | null = null;

/** Nobody is logged in on this phone, or its data were wiped. */
export class Closed extends Error {}

/** Whether there is a key. Looks anew, because another window may have wiped it or made another. */
export async function isOpen(): Promise<boolean> {
  const row = await database.keys.get(KEY);
  if (!row) opened = null;
  else if (opened?.mark !== markOf(row)) {
    opened = { key: await derive(await decrypt(row.lock, KEY, row.wrapped)), mark: markOf(row) };
  }
  return opened !== null;
}

/** Make the key of a new device session from its secret, and keep it. */
export async function create(secret: Uint8Array<ArrayBuffer>): Promise<void> {
  const lock = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await database.keys.put({ name: KEY, lock, wrapped: await encrypt(lock, KEY, secret) });
}

/** Which key closes boxes now: every device session has its own. */
export async function keyMark(): Promise<string> {
  if (opened === null && !(await isOpen())) throw new Closed();
  return opened!.mark;
}

/** Write, all of it or nothing; Closed where the key of this mark has gone since: what was asked for then is nobody's here. */
export async function writeUnder(mark: string, tables: Table[], write: () => Promise<unknown>): Promise<void> {
  await database.transaction("rw", [database.keys, ...tables], async () => {
    const row = await database.keys.get(KEY);
    if (!row || markOf(row) !== mark) throw new Closed();
    await write();
  });
}

/** Forget the key that is in memory; whoever deletes the row makes the boxes unreadable. */
export function forget(): void {
  opened = null;
}

/** `place` (table and key) is bound into the box: moved elsewhere it does not open. */
export async function seal(place: string, value: unknown): Promise<Box> {
  return encrypt(await key(), place, new TextEncoder().encode(JSON.stringify(value)));
}

export async function unseal<T>(place: string, box: Box): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await decrypt(await key(), place, box))) as T;
}

export async function sealBytes(place: string, bytes: ArrayBuffer): Promise<Box> {
  return encrypt(await key(), place, bytes);
}

export async function unsealBytes(place: string, box: Box): Promise<ArrayBuffer> {
  return decrypt(await key(), place, box);
}

async function key(): Promise<CryptoKey> {
  if (opened === null && !(await isOpen())) throw new Closed();
  return opened!.key;
}

function markOf(row: KeyRow): string {
  return row.wrapped.nonce.join();
}

async function derive(secret: BufferSource): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: INFO };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

async function encrypt(by: CryptoKey, place: string, content: BufferSource): Promise<Box> {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  return { nonce, content: await crypto.subtle.encrypt(how(nonce, place), by, content) };
}

async function decrypt(by: CryptoKey, place: string, box: Box): Promise<ArrayBuffer> {
  return crypto.subtle.decrypt(how(box.nonce, place), by, box.content);
}

function how(nonce: BufferSource, place: string): AesGcmParams {
  return { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(place) };
}
