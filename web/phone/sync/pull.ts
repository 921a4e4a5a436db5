// Taking in what changed: orders and cursor in one transaction, so that a phone killed at any moment goes on where it was.
import type { Answer } from "../../answers.ts";
import { call } from "../server/client.ts";
import { Problem } from "../server/problems.ts";
import { database, type OrderRow } from "../store/database.ts";
import { boxOf, find } from "../store/documents.ts";
import { keyMark, seal, unseal, writeUnder } from "../store/vault.ts";
import { setHash } from "./set_hash.ts";

type Gone = Extract<Pull["items"][number], { gone: boolean }>;
type Pull = Answer<"/mobile/v1/work-orders">;
export type Order = Exclude<Pull["items"][number], Gone>;

/** A work order that left this phone, and why; the newest first. */
export interface Departed {
  id: number;
  name: string;
  reason: string;
  at: number;
}

const MOST_DEPARTED = 30;
const QUIETLY = new Set(["done", "returned"]); // what the manager did

/** Pull until there is no more. A set that is not the server's is healed by one more pull, an expired cursor by a full one. */
export async function pullOrders(): Promise<void> {
  let heals = 1;
  const under = await keyMark();
  for (;;) {
    const answer = await pullOnce();
    await take(answer, under);
    if (answer.more) continue;
    if (answer.set_hash === (await setHash()) || heals-- === 0) return;
  }
}

export async function readOrders(): Promise<Order[]> {
  const rows = await database.orders.toArray();
  return Promise.all(rows.map((row) => unseal<Order>(`orders/${row.id}`, row.box)));
}

async function pullOnce(): Promise<Pull> {
  const cursor = (await find<string>("cursor"))?.body;
  const asked = cursor ? `?${new URLSearchParams({ cursor, set_hash: await setHash() }).toString()}` : "";
  try {
    return (await (await call(`/mobile/v1/work-orders${asked}`)).json()) as Pull;
  } catch (error) {
    const expired = error instanceof Problem && (error.status === 410 || error.code === "cursor.wrong");
    if (!cursor || !expired) throw error;
    await database.documents.delete("cursor");
    return pullOnce();
  }
}

async function take(answer: Pull, under: string): Promise<void> {
  const held = answer.items.filter((item): item is Order => !("gone" in item));
  const gone = answer.items.filter((item): item is Gone => "gone" in item);
  const rows: OrderRow[] = await Promise.all(
    held.map(async (order) => ({ id: order.id, version: order.version, box: await seal(`orders/${order.id}`, order) })),
  );
  const documents = [await boxOf("cursor", answer.cursor), await boxOf("departed", await departedWith(gone))];
  await writeUnder(under, [database.orders, database.documents], async () => {
    if (answer.full) await database.orders.clear();
    await database.orders.bulkPut(rows);
    await database.orders.bulkDelete(gone.map((item) => item.id));
    await database.documents.bulkPut(documents);
  });
}

async function departedWith(gone: Gone[]): Promise<Departed[]> {
  const before = (await find<Departed[]>("departed"))?.body ?? [];
  const left: Departed[] = [];
  for (const { id, reason } of gone) {
    const row = QUIETLY.has(reason) ? undefined : await database.orders.get(id);
    if (!row) continue;
    const order = await unseal<Order>(`orders/${id}`, row.box);
    left.push({ id, name: order.customer.name ?? order.customer.customer_no, reason, at: Date.now() });
  }
  return [...left, ...before].slice(0, MOST_DEPARTED);
}
