// What the planner's screens share: the campaign as the server has it, its codes in words, its plan as a form holds it.
import type { Answer, AnswerTo } from "../../answers.ts";
import type { Problem } from "../../problem.ts";
import { sayWrong } from "../../wrong.ts";
import { reader } from "../reader.svelte.ts";
import { get } from "../server.ts";
import { sayCode } from "../words.ts";

export type Report = Answer<"/dashboard/v1/campaigns/{code}">;
export type Campaign = Report["campaign"];
export type Choices = Answer<"/dashboard/v1/planning/choices">;
export type Count = AnswerTo<"/dashboard/v1/list-counts", "post">;
export type Preview = Answer<"/dashboard/v1/campaigns/{code}/previews">["items"][number];
export type Run = Answer<"/dashboard/v1/runs">["items"][number];
export type Asked = Answer<"/dashboard/v1/plan-requests/{request_id}">;
export type Rule = Record<string, unknown>;

export const OVER = ["closed", "evaluated"];
export const STATUSES = ["draft", "submitted", "approved", "scheduled", "running", ...OVER];
export const NOT_OVER = STATUSES.filter((status) => !OVER.includes(status));
/** In the order in which a list is asked: who falls out before anybody is placed, and who may be contacted. */
export const PLACED = [
  "dispatched",
  "no_active_manager",
  "over_capacity",
  "better_use",
  "over_budget",
  "below_cost",
  "outside_pilot",
  "undecided",
];

export const say = {
  status: (code: string) => sayCode(reader.language, "status", code),
  reason: (code: string) => sayCode(reader.language, "reason", code, sayCode(reader.language, "step", code)),
  verb: (code: string) => sayCode(reader.language, "verb", code),
  field: (code: string) => sayCode(reader.language, "field", code),
  channel: (code: string) => sayCode(reader.language, "channel", code),
  objective: (code: string) => sayCode(reader.language, "objective", code),
  order: (code: string) => sayCode(reader.language, "order", code),
  stage: (code: string) => sayCode(reader.language, "stage", code),
};

const TONES: Record<string, string> = { submitted: "warm", approved: "good", scheduled: "good", running: "good" };

export function toneOf(status: string): string {
  return TONES[status] ?? "";
}

/** Of a problem what is wrong with each field; a part of a rule or pilot belongs to the whole of it, with its place. */
export function wrongFields(problem: Problem | null): Map<string, string> {
  const found = new Map<string, string>();
  for (const wrong of problem?.fields ?? []) {
    const { field } = wrong;
    const expected = sayWrong(reader.language, wrong);
    const whole = field.split(/[.[]/)[0] ?? field;
    const said = field === whole ? expected : `${field.slice(whole.length).replace(/^\./, "")}: ${expected}`;
    found.set(whole, found.has(whole) ? `${found.get(whole)}; ${said}` : said);
  }
  return found;
}

export interface Plan {
  code: string;
  name: string;
  product_code: string;
  starts_on: string;
  ends_on: string;
  list_size: number | null;
  minimum_score: number | null;
  maximum_score: number | null;
  control_share: string;
  exploration_share: string;
  rest_days: number;
  attribution_days: number | null;
  maturity_days: number | null;
  channel: string;
  talk_track: string;
  strategy: string;
  required_tags: string[];
  any_tags: string[];
  excluded_tags: string[];
  list_rule: Rule | null;
  unit_code: string | null;
  programme: string | null;
  objective: string | null;
  objective_reason: string;
  budget: string | null;
  minimum_volume: number | null;
  strategic_weight: string;
  minimum_load: number | null;
  maximum_load: number | null;
  fairness: string | null;
  km_cost: string | null;
  fit: string;
  unfinished_rule: string | null;
  most_rolls: number | null;
  pilot: Rule | null;
}

export function newPlan(today: Date): Plan {
  const day = (later: number): string => {
    const date = new Date(today.getTime() + later * 86_400_000);
    return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
  };
  return {
    code: "",
    name: "",
    product_code: "",
    starts_on: day(1),
    ends_on: day(21),
    list_size: 1000,
    minimum_score: null,
    maximum_score: null,
    control_share: "0.05",
    exploration_share: "0.02",
    rest_days: 30,
    attribution_days: null,
    maturity_days: null,
    channel: "call",
    talk_track: "",
    strategy: "",
    required_tags: [],
    any_tags: [],
    excluded_tags: [],
    list_rule: null,
    unit_code: null,
    programme: null,
    objective: null,
    objective_reason: "",
    budget: null,
    minimum_volume: null,
    strategic_weight: "1",
    minimum_load: null,
    maximum_load: null,
    fairness: null,
    km_cost: null,
    fit: "refuse",
    unfinished_rule: null,
    most_rolls: null,
    pilot: null,
  };
}

/** Every campaign that is not over. */
export async function underWay(): Promise<Campaign[]> {
  const query = { status: NOT_OVER, limit: 500 };
  let page = await get("/dashboard/v1/campaigns", { query });
  const items = [...page.items];
  while (page.next_cursor) {
    page = await get("/dashboard/v1/campaigns", { query: { ...query, cursor: page.next_cursor } });
    items.push(...page.items);
  }
  return items;
}

/** The plan of a campaign, for the form. */
export function planOf(campaign: Campaign): Plan {
  const names = Object.keys(newPlan(new Date())) as (keyof Plan)[];
  return Object.fromEntries(names.map((name) => [name, campaign[name]])) as unknown as Plan;
}

/** What of a plan decides its list, for the count. */
export function listOf(plan: Plan): Record<string, unknown> {
  const names = [
    "product_code",
    "channel",
    "unit_code",
    "required_tags",
    "any_tags",
    "excluded_tags",
    "list_rule",
    "list_size",
    "minimum_score",
    "maximum_score",
    "control_share",
    "exploration_share",
    "rest_days",
  ] as const;
  return { code: plan.code || "NEW", ...Object.fromEntries(names.map((name) => [name, plan[name]])) };
}

/** Money as the server has it: text. */
export function money(text: string | null | undefined): string {
  return text === null || text === undefined ? "–" : reader.number(Number(text), Number(text) % 1 === 0 ? 0 : 2);
}
