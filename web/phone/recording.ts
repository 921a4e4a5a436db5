// A contact from its beginning to its report.
import { PHOTO_TYPE, type Photo } from "./photo.ts";
import { placeNow, type Place } from "./place.ts";
import { enqueue, type Entry } from "./sync/queue.ts";
import type { Order } from "./sync/pull.ts";

/** What the person said of a contact, as a report has it. */
export interface Said {
  outcome: string;
  channel: string;
  reached?: boolean | undefined;
  objection?: string;
  callback_at?: string;
  note?: string | undefined;
  competitor?: { operator: string; monthly_price?: string; ends_on?: string } | undefined;
  proposals?: { field: string; value: string }[] | undefined;
  corrects_id?: string | undefined;
}

const LONGEST_CONTACT_MS = 12 * 60 * 60 * 1000;
const begun = new Map<number, { wall: number; steady: number }>();

let last: { order: Order; report: string } | null = null;

/** The order of the last report, which may have left the phone by it, and whose report may still be corrected. */
export function lastRecorded(of: { orderId: number } | { report: string }): Order | undefined {
  return last && ("report" in of ? last.report === of.report : last.order.id === of.orderId) ? last.order : undefined;
}

/** The contact with this order's customer begins, unless it has. */
export function beginContact(orderId: number): void {
  if (!begun.has(orderId)) begun.set(orderId, { wall: Date.now(), steady: performance.now() });
}

/** Keep the report of a contact, with its photos; its id, once all of it is safe. */
export async function recordContact(order: Order, said: Said, photos: Photo[]): Promise<string> {
  const name = order.customer.name ?? order.customer.customer_no;
  const id = crypto.randomUUID();
  const timed = timesOf(order.id, Date.now(), performance.now());
  const shown = photos.length > 0 ? { attachment_ids: photos.map((photo) => photo.id) } : {};
  const report: Entry = {
    kind: "feedback",
    orderId: order.id,
    name,
    body: (count) =>
      without({ id, work_order_id: order.id, ...said, ...shown, ...timed, ...placed(placeNow()), order_sequence: count }),
  };
  await enqueue(report, ...photos.map((photo) => attachment(order.id, name, photo)));
  begun.delete(order.id);
  last = { order, report: id };
  return id;
}

function attachment(orderId: number, name: string, photo: Photo): Entry {
  const { id, bytes, sha256 } = photo;
  const body = { id, work_order_id: orderId, content_type: PHOTO_TYPE, size_bytes: bytes.byteLength, sha256 };
  return { kind: "attachment", orderId, name, body: () => body, bytes };
}

/** By the phone's clock, which may be wrong or set meanwhile, and by the one that only runs forward. */
function timesOf(orderId: number, now: number, steady: number): Record<string, string | number | undefined> {
  const start = begun.get(orderId);
  const fits = start !== undefined && start.wall <= now && now - start.wall < LONGEST_CONTACT_MS;
  return {
    started_at: new Date(fits ? start.wall : now).toISOString(),
    ended_at: new Date(now).toISOString(),
    elapsed_ms: fits ? Math.round(steady - start.steady) : undefined,
  };
}

function placed(place: Place | null): Record<string, number> {
  return place ? { latitude: place.latitude, longitude: place.longitude, accuracy_metres: place.accuracy } : {};
}

function without(report: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(report).filter(([, value]) => value !== undefined));
}
