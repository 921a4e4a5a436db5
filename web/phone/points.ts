// How numbers and lines of points are said. Nothing is computed here: the figures are the server's.
import { sayCode } from "../words.ts";
import { phone, type Month } from "./phone.svelte.ts";

type Line = Month["lines"][number];
const SAID = new Set(["success", "accuracy", "existing_scheme", "adjustment"]);

/** The server's number without the zeros that say nothing. */
export function plain(number: string): string {
  return number.includes(".") ? number.replace(/\.?0+$/, "") : number;
}

export function componentName(component: string): string {
  return sayCode(phone.language, "points.component", component, component);
}

/** The line in the person's language, from the server's own figures. */
export function wordsOf(line: Line): string {
  const figures = line.figures as Record<string, string | number>;
  const known = line.kind === "adjustment" ? "adjustment" : line.component;
  if (phone.language === "en" || !SAID.has(known)) return line.words;
  const parts = Array.isArray(line.figures.lines) ? (line.figures.lines as { component: string; points: string }[]) : [];
  const sum = parts.map((part) => `${part.component} ${plain(part.points)}`).join("、") || phone.say("customer.nothing");
  const said = phone.say(`points.${known}_said` as "points.success_said", { ...figures, parts: sum });
  return line.figures.fell_back === true ? `${said}。${phone.say("points.fell_back")}` : said;
}

/** The address of the explanation of a line. */
export function whyLine(month: string, line: Line): string {
  return `#/line/${month}/${line.entry_id ?? line.component}`;
}
