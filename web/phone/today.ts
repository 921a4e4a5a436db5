// The list of a day: the server's order, the nearest first, or who waits to be called.
import { dateHere } from "./parts/clock.ts";
import { metresBetween, type Place } from "./place.ts";
import type { Day } from "./phone.svelte.ts";
import type { Order } from "./sync/pull.ts";
import type { Queued } from "./sync/queue.ts";

export type Way = "recommended" | "nearest" | "callbacks";

/** A work order in the list, and what speaks for its place there. */
export interface Line {
  order: Order;
  because: "callback" | "last_day" | "value" | "later";
  callbackAt: Date | null;
  metres: number | null;
}

const LAST_OF_ALL = Number.MAX_SAFE_INTEGER;

/** What is to be done today, in this way; without what was reported on this phone or today. */
export function linesOf(orders: Order[], queue: Queued[], day: Day | null, way: Way, place: Place | null): Line[] {
  const reported = reportedToday(orders, queue);
  const position = new Map(day?.recommended.map((item, index) => [item.work_order_id, index]));
  const walk = new Map(day?.walk.map((leg, index) => [leg.work_order_id, index]));
  const today = [dateHere(new Date()), day?.day ?? ""].sort().at(-1)!; // the server's day counts, where it is ahead
  const lines = orders
    .filter((order) => order.scheduled_on <= today && !reported.has(order.id))
    .map((order) => lineOf(order, day, place));
  const at = (line: Line): number => position.get(line.order.id) ?? LAST_OF_ALL;
  if (way === "callbacks") return lines.filter((line) => line.callbackAt).sort((a, b) => +a.callbackAt! - +b.callbackAt!);
  if (way === "recommended") return lines.sort((a, b) => at(a) - at(b) || a.order.id - b.order.id);
  if (place) return lines.sort((a, b) => (a.metres ?? LAST_OF_ALL) - (b.metres ?? LAST_OF_ALL) || at(a) - at(b));
  return lines.sort((a, b) => (walk.get(a.order.id) ?? LAST_OF_ALL) - (walk.get(b.order.id) ?? LAST_OF_ALL) || at(a) - at(b));
}

/** Orders on which something was reported today, or is still to be sent: id by what was made of it last. */
export function reportedToday(orders: Order[], queue: Queued[]): Map<number, string> {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const found = new Map<number, string>();
  for (const order of orders) {
    const last = order.last_feedback;
    if (last && Date.parse(last.contacted_at) >= midnight && !dueAgain(order)) found.set(order.id, last.outcome);
  }
  for (const thing of queue) {
    if (thing.standing === "refused") continue;
    found.set(thing.orderId, thing.kind === "feedback" ? String(thing.content.body.outcome) : thing.kind);
  }
  return found;
}

/** Who said "call me this evening" is to do again today. */
function dueAgain(order: Order): boolean {
  const back = order.last_feedback?.callback_at;
  return back !== null && back !== undefined && new Date(back).toDateString() === new Date().toDateString();
}

function lineOf(order: Order, day: Day | null, place: Place | null): Line {
  const item = day?.recommended.find((one) => one.work_order_id === order.id);
  const back = order.last_feedback?.callback_at;
  const { latitude, longitude } = order.customer;
  const known = latitude !== null && longitude !== null;
  return {
    order,
    because: item?.because ?? "value",
    callbackAt: back ? new Date(back) : null,
    metres: place && known ? metresBetween(place, { latitude, longitude }) : null,
  };
}
