// Times as people read them here.
import type { Language } from "../../words.ts";

const LOCALES = { zh: "zh-CN", en: "en-GB" };

export function timeOfDay(at: number | Date, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

export function shortDay(at: number | Date, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { month: "short", day: "numeric" }).format(at);
}

export function longDay(at: number | Date, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { month: "long", day: "numeric", weekday: "long" }).format(at);
}

/** The time where it is today, else the day and the time. */
export function moment(at: number | Date, language: Language): string {
  const when = new Date(at);
  const time = timeOfDay(when, language);
  return sameDay(when, new Date()) ? time : `${shortDay(when, language)} ${time}`;
}

export function sameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}

/** Midnight here of a date such as 2026-10-12. */
export function dayOf(date: string): Date {
  return new Date(`${date}T00:00:00`);
}

/** A day here as dates are written: 2026-10-12. */
export function dateHere(day: Date): string {
  return [day.getFullYear(), String(day.getMonth() + 1).padStart(2, "0"), String(day.getDate()).padStart(2, "0")].join("-");
}

/** The month before one such as 2026-10. */
export function monthBefore(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return number === 1 ? `${year - 1}-12` : `${year}-${String(number - 1).padStart(2, "0")}`;
}
