// Who looks, in which language and light: what every screen knows.
import type { Answer } from "../answers.ts";
import type { Problem } from "../problem.ts";
import type { Language } from "../saying.ts";
import { sayRefused } from "../wrong.ts";
import { get, logOut, whenLoggedOut } from "./server.ts";
import { say, sayCode, type Word } from "./words.ts";

export type Me = Answer<"/auth/me">;
export type Theme = "light" | "dark" | "system";

class Reader {
  /** undefined until asked; null where nobody is logged in */
  me = $state.raw<Me | null | undefined>(undefined);
  language = $state<Language>(localStorage.getItem("language") === "en" ? "en" : "zh");
  theme = $state<Theme>((localStorage.getItem("theme") as Theme | null) ?? "system");
  #dark = $state(matchMedia("(prefers-color-scheme: dark)").matches);
  readonly light = $derived<"light" | "dark">(this.theme === "system" ? (this.#dark ? "dark" : "light") : this.theme);

  async begin(): Promise<void> {
    whenLoggedOut(() => (this.me = null));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => (this.#dark = event.matches));
    await this.ask();
  }

  async ask(): Promise<void> {
    this.me = await get("/auth/me").catch(() => null);
  }

  async logOut(): Promise<void> {
    await logOut().catch(() => undefined);
    this.me = null;
  }

  speak(language: Language): void {
    this.language = language;
    localStorage.setItem("language", language);
  }

  show(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem("theme", theme);
  }

  /** Whether one of these is my role. */
  is(...roles: readonly string[]): boolean {
    return this.me ? roles.includes(this.me.role) : false;
  }

  say(word: Word, values: Record<string, string | number> = {}): string {
    return say(this.language, word, values);
  }

  /** What the server says in two languages; the English where it has no Chinese. */
  pick(zh: string | null | undefined, en: string): string {
    return this.language === "zh" ? (zh ?? en) : en;
  }

  /** Why the server refused something: in the console's own words for the code, or in the server's. */
  why(problem: Problem): string {
    const otherwise = sayRefused(this.language, problem, (field) => this.field(field));
    return sayCode(this.language, "problem", problem.code, otherwise);
  }

  /** What a field of a request is called; a part of a list has its place before it. */
  field(name: string): string {
    const [last = name, ...places] = name.split(".").reverse();
    const place = places.find((part) => /^\d+$/.test(part));
    const word = sayCode(this.language, "field", last);
    return place === undefined ? word : `${Number(place) + 1} · ${word}`;
  }

  number(value: number | null | undefined, digits = 0): string {
    if (value === null || value === undefined) return "–";
    return new Intl.NumberFormat(this.#locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  }

  percent(share: number | null | undefined, digits = 1): string {
    return share === null || share === undefined ? "–" : `${this.number(share * 100, digits)} %`;
  }

  date(when: string | null | undefined): string {
    if (!when) return "–";
    const day = /^\d{4}-\d\d-\d\d$/.test(when) ? new Date(`${when}T00:00:00`) : new Date(when);
    return new Intl.DateTimeFormat(this.#locale, { year: "numeric", month: "2-digit", day: "2-digit" }).format(day);
  }

  time(when: string | null | undefined): string {
    if (!when) return "–";
    const form = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false } as const;
    return new Intl.DateTimeFormat(this.#locale, form).format(new Date(when));
  }

  get #locale(): string {
    return this.language === "zh" ? "zh-CN" : "en-GB";
  }
}

export const reader = new Reader();
