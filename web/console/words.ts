// The console's part of the one catalogue: each room's words, and what the shell itself says.
import { inWords, type Language, type Said } from "../saying.ts";
import { ANALYSIS } from "./words/analysis.ts";
import { LIVE } from "./words/live.ts";
import { SHELL } from "./words/shell.ts";

const WORDS = { ...SHELL, ...LIVE, ...ANALYSIS } as const satisfies Record<string, Said>;

export type Word = keyof typeof WORDS;

export function say(language: Language, word: Word, values: Record<string, string | number> = {}): string {
  return inWords(WORDS[word], language, values);
}

/** The word that a code of the server has here, such as `state.open`, or what is said in its place. */
export function sayCode(language: Language, group: string, code: string, otherwise: string = code): string {
  const word = `${group}.${code}`;
  return word in WORDS ? say(language, word as Word) : otherwise;
}
