// The cube's question and answer, and the answer as a pivot table.
import type { Answer, AnswerTo } from "../../answers.ts";

export type Terms = Answer<"/dashboard/v1/cube/terms">;
export type CubeAnswer = AnswerTo<"/dashboard/v1/cube", "post">;
export type Dimension = Terms["dimensions"][number];
export type SavedView = Answer<"/dashboard/v1/saved-views">["items"][number];

export interface Question {
  measures: string[];
  rows: Dimension[];
  column: Dimension | null;
  period: Terms["periods"][number];
  first_day: string | null;
  last_day: string | null;
  filters: Partial<Record<Dimension, string[]>>;
}

export const FILTERED: readonly Dimension[] = ["branch", "grid", "manager", "campaign", "product", "objective", "channel"];
export const SHARES: ReadonlySet<string> = new Set([
  "success_rate",
  "accuracy",
  "reach_rate",
  "claim_rate",
  "on_time_rate",
  "return_rate",
]);

export const BEGINNING: Question = {
  measures: ["successes", "matured", "success_rate"],
  rows: ["branch"],
  column: null,
  period: "this_year",
  first_day: null,
  last_day: null,
  filters: {},
};

export interface PivotRow {
  key: string[];
  /** by the code across, "" where nothing goes across */
  cells: Map<string, (number | null)[]>;
}

export interface Pivot {
  across: string[];
  rows: PivotRow[];
}

export function pivotOf(question: Question, answer: CubeAnswer): Pivot {
  const across = new Set<string>();
  const rows = new Map<string, PivotRow>();
  for (const { key, values } of answer.rows) {
    const own = question.column ? key.slice(0, -1) : key;
    const column = question.column ? key[key.length - 1]! : "";
    across.add(column);
    const name = JSON.stringify(own);
    const row = rows.get(name) ?? { key: own, cells: new Map() };
    row.cells.set(column, values);
    rows.set(name, row);
  }
  return { across: [...across].sort(), rows: [...rows.values()] };
}

/** A saved definition as a question: what a later version of the cube does not know is left out. */
export function questionOf(definition: Record<string, unknown>): Question {
  return { ...BEGINNING, ...definition } as Question;
}

/** The group of words that a dimension's codes are said by. */
export function wordsOf(dimension: Dimension): string {
  return dimension === "objective" ? "kind" : dimension === "channel" ? "by_channel" : dimension;
}
