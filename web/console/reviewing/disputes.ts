// Disputes about points as the server gives them, and how their figures and states are said.
import type { Answer, AnswerTo } from "../../answers.ts";
import { reader } from "../reader.svelte.ts";
import { sayCode } from "../words.ts";

export type Row = Answer<"/dashboard/v1/disputes">["items"][number];
export type Whole = Answer<"/dashboard/v1/disputes/{dispute_id}">;
export type Outcome = AnswerTo<"/dashboard/v1/disputes/{dispute_id}/preview", "post">;
export type Rate = Answer<"/dashboard/v1/disputes/rates">["items"][number];

/** The figure of the metric library that a component of pay comes from. */
export const METRICS: Record<string, string> = { success: "success_rate", accuracy: "accuracy" };

/** Exact points without the zeros that say nothing. */
export function pointsOf(exact: string | null): string {
  if (exact === null) return "–";
  return exact.includes(".") ? exact.replace(/\.?0+$/, "") : exact;
}

/** Points by which something changes, with their sign. */
export function changeOf(exact: string | null): string {
  if (exact === null) return "–";
  const plain = pointsOf(exact);
  if (plain.startsWith("-")) return `−${plain.slice(1)}`;
  return Number(plain) > 0 ? `+${plain}` : plain;
}

/** The line that is disputed: of which component and month, and which entry or work order. */
export function lineOf(row: Row): string {
  const about = row.work_order_id === null ? "" : ` · ${reader.say("dispute.order", { n: row.work_order_id })}`;
  return `${sayCode(reader.language, "component", row.component)} ${row.month}${about}`;
}

/** Where it stands: a word, and how it is coloured. */
export function standingOf(row: Row): { text: string; tone: "good" | "warm" | "bad" | "" } {
  if (row.status === "accepted") return { text: reader.say("dispute.accepted"), tone: "good" };
  if (row.status === "rejected") return { text: reader.say("dispute.rejected"), tone: "" };
  if (row.waits_for_second) return { text: reader.say("disputes.to_second"), tone: "warm" };
  return { text: reader.say("disputes.open"), tone: "warm" };
}

/** To whom an undecided one went beyond the grid, the highest. */
export function toldOf(row: Row): string {
  if (row.status !== "open") return "";
  if (row.told_company_at) return reader.say("dispute.told.company");
  return row.told_branch_at ? reader.say("dispute.told.branch") : "";
}

/** Whoever did something, with their role. */
export function whoOf(name: string | null, role: string | null): string {
  return [name, role && sayCode(reader.language, "role", role)].filter(Boolean).join(" · ");
}

/** The first of the months over which rates are shown. */
export function aYearAgo(today: Date = new Date()): string {
  return `${today.getFullYear() - 1}-${String(today.getMonth() + 1).padStart(2, "0")}`;
}
