// The days that are looked at, by name: whole months as the calendar of the reader has them.
export const NAMES = ["last", "this", "quarter", "year", "days"] as const;
export type Name = (typeof NAMES)[number];
export interface Days {
  first: string | null;
  last: string | null;
}

/** The first and last day; null for the server's own, which is this month to yesterday. */
export function daysOf(name: string, own: Days, today = new Date()): Days {
  if (name === "this") return { first: null, last: null };
  if (name === "days") return own;
  const months = name === "year" ? 12 : name === "quarter" ? 3 : 1;
  const first = new Date(today.getFullYear(), today.getMonth() - months, 1);
  return { first: written(first), last: written(new Date(today.getFullYear(), today.getMonth(), 0)) };
}

function written(day: Date): string {
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
