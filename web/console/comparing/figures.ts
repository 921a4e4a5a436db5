// How the figures that units are compared by are written, and which are shown.
import type { Answer } from "../../answers.ts";
import { reader } from "../reader.svelte.ts";

export type Comparison = Answer<"/dashboard/v1/comparing">;
export type Row = Comparison["rows"][number];

const SHARES = new Set(["success_rate", "accuracy", "on_time_rate", "reach_rate", "claim_rate", "return_rate"]);
const DIGITS: Record<string, number> = { success_index: 2, cycle_days: 1, return_on_cost: 1 };

/** What can be ranked by, and of which one may set targets: of these more or less is better. */
export const MEASURES = [
  "success_index",
  "success_rate",
  "accuracy",
  "on_time_rate",
  "reach_rate",
  "return_rate",
  "cycle_days",
  "return_on_cost",
  "overdue",
  "sold",
  "revenue",
] as const;
/** The figures at the top of the page. */
export const HEADLINES = ["success_index", "success_rate", "accuracy", "on_time_rate", "sold", "return_on_cost"] as const;
/** The columns of the table beside the measure. */
export const COLUMNS = [
  "dispatched",
  "contacted",
  "sold",
  "matured",
  "success_rate",
  "success_index",
  "accuracy",
  "on_time_rate",
] as const;

export function number(value: string | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** A figure as it is read: shares in per cent. */
export function written(code: string, value: string | null | undefined): string {
  const found = number(value);
  return SHARES.has(code) ? reader.percent(found) : reader.number(found, DIGITS[code] ?? 0);
}

/** From which to which place, such as 2–5. */
export function placed(place: Row["place"]): string {
  if (!place) return "–";
  return place.first === place.last ? String(place.first) : `${place.first}\u2060–\u2060${place.last}`;
}

export function isLess(code: string): boolean {
  return ["return_rate", "cycle_days", "overdue"].includes(code);
}

/** Who is behind somebody beyond chance, and may be the last; nobody where the last cannot be told apart from the first. */
export function behind(rows: readonly Row[]): Row[] {
  const known = rows.filter((row) => row.place).length;
  return rows.filter((row) => row.place && row.place.first > 1 && row.place.last === known);
}
