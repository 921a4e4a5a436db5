// What is done with work orders in bulk, and how it is taken back where it can be.
import type { AnswerTo } from "../../answers.ts";
import { reader } from "../reader.svelte.ts";
import { post } from "../server.ts";
import { grouped } from "./grouped.ts";

export const VERBS = ["reassign", "lend", "pool", "extend", "pull_back"] as const;
export type Verb = (typeof VERBS)[number];

export interface Order {
  work_order_id: number;
  staff_no: string;
  due_on: string;
}

export interface Person {
  staff_no: string;
  name: string;
  grid_code: string;
  same_grid: boolean;
}

export interface Wish {
  verb: Verb;
  reason: string;
  to: string;
  day: string;
}

export type Row = AnswerTo<"/dashboard/v1/work-orders/bulk", "post">["items"][number];

interface Action {
  verb: Verb | "bring_home";
  reason: string;
  to_staff_nos?: string[];
  until?: string;
  due_on?: string;
}

export function actionOf(wish: Wish): Action {
  const { verb, reason } = wish;
  if (verb === "reassign") return { verb, reason, to_staff_nos: [wish.to] };
  if (verb === "lend") return { verb, reason, to_staff_nos: [wish.to], until: wish.day };
  return verb === "extend" ? { verb, reason, due_on: wish.day } : { verb, reason };
}

export async function act(action: Action, ids: number[], trial: boolean): Promise<Row[]> {
  return (await post("/dashboard/v1/work-orders/bulk", { action, ids, dry_run: trial })).items;
}

/** Why rows were refused: how many, and the first word on it. */
export function refusedOf(rows: Row[]): { n: number; why: string } | null {
  const refused = rows.filter((row) => !row.done);
  const first = refused[0];
  return first ? { n: refused.length, why: reader.pick(first.detail_zh, first.detail ?? first.code ?? "") } : null;
}

/** Takes back what was done to these orders, as they were before; null where that cannot be. */
export function undoOf(verb: Verb, done: readonly Order[]): (() => Promise<void>) | null {
  const reason = reader.say("live.undo_reason");
  if (verb === "pull_back") return null;
  if (verb === "lend") return async () => void (await act({ verb: "bring_home", reason }, idsOf(done), false));
  const key = verb === "extend" ? "due_on" : "staff_no";
  return async () => {
    for (const [before, orders] of grouped(done, (order) => order[key])) {
      const back: Action =
        verb === "extend" ? { verb, reason, due_on: before } : { verb: "reassign", reason, to_staff_nos: [before] };
      await act(back, idsOf(orders), false);
    }
  };
}

function idsOf(orders: readonly Order[]): number[] {
  return orders.map((order) => order.work_order_id);
}
