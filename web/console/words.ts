// The console's part of the one catalogue: each room's words, and what the shell itself says.
import { inWords, type Language, type Said } from "../saying.ts";
import { ADMINISTRATION } from "./words/administration.ts";
import { ANALYSIS } from "./words/analysis.ts";
import { COMPARING } from "./words/comparing.ts";
import { DISPUTES } from "./words/disputes.ts";
import { EVALUATION } from "./words/evaluation.ts";
import { FIELDS } from "./words/fields.ts";
import { HELP } from "./words/help.ts";
import { LIVE } from "./words/live.ts";
import { PERSONNEL } from "./words/personnel.ts";
import { PLANNING } from "./words/planning.ts";
import { PLANS } from "./words/plans.ts";
import { REVIEWING } from "./words/reviewing.ts";
import { RULES } from "./words/rules.ts";
import { SHELL } from "./words/shell.ts";
import { WORK } from "./words/work.ts";

const WORDS = {
  ...SHELL,
  ...ADMINISTRATION,
  ...ANALYSIS,
  ...COMPARING,
  ...DISPUTES,
  ...EVALUATION,
  ...FIELDS,
  ...HELP,
  ...LIVE,
  ...PERSONNEL,
  ...PLANNING,
  ...PLANS,
  ...REVIEWING,
  ...RULES,
  ...WORK,
} as const satisfies Record<string, Said>;

export type Word = keyof typeof WORDS;

export function say(language: Language, word: Word, values: Record<string, string | number> = {}): string {
  return inWords(WORDS[word], language, values);
}

/** The word that a code of the server has here, such as `state.open`, or what is said in its place. */
export function sayCode(language: Language, group: string, code: string, otherwise: string = code): string {
  const word = `${group}.${code}`;
  return word in WORDS ? say(language, word as Word) : otherwise;
}
