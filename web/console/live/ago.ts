// How long ago something was, as the server's clock has it.
import { reader } from "../reader.svelte.ts";

const HOUR = 3_600_000;

/** Hours since then; without end where it never was. */
export function quietFor(when: string | null, asOf: string): number {
  return when ? (Date.parse(asOf) - Date.parse(when)) / HOUR : Infinity;
}

export function ago(when: string | null, asOf: string): string {
  if (!when) return reader.say("live.never");
  const hours = quietFor(when, asOf);
  if (hours < 1) return reader.say("live.minutes_ago", { n: Math.max(0, Math.round(hours * 60)) });
  return hours < 24 ? reader.say("live.hours_ago", { n: Math.round(hours) }) : reader.time(when);
}
