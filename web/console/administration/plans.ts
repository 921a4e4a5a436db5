// A points plan as its form holds it: shares in percent, every number as text, so that no decimal is lost on the way.
import type { Answer } from "../../answers.ts";
import type { Problem } from "../../problem.ts";
import { sayWrong } from "../../wrong.ts";
import { reader } from "../reader.svelte.ts";

export type Plans = Answer<"/dashboard/v1/points-plans">;
export type PlanView = Plans["items"][number];
export type Replay = Answer<"/dashboard/v1/points-plans/{number}/replay">;

export const COMPONENTS = ["success", "accuracy", "existing_scheme"] as const;
export const FACTS = ["weight", "floor", "target", "cap", "fallback"] as const;
export type Fact = (typeof FACTS)[number];
export type Rule = Record<Fact, string> & { component: string; pays: boolean };

export interface Terms {
  code: string;
  unit_code: string | null;
  effective_from: string;
  effective_to: string | null;
  pays: string;
  index_prior: string;
  minimum_matured: number;
  minimum_judged: number;
  rules: Rule[];
  note: string;
}

/** A decimal with its point moved, as text: ("12.5", -2) is "0.125". What is no number stays as it is. */
export function shifted(text: string, places: number): string {
  const found = /^(-?)(\d*)\.?(\d*)$/.exec(text.trim());
  if (!found || !(found[2] || found[3])) return text.trim();
  const whole = (found[2] ?? "").padStart(Math.max(0, -places) + 1, "0");
  const part = (found[3] ?? "").padEnd(Math.max(0, places), "0");
  const digits = whole + part;
  const point = whole.length + places;
  const trimmed = `${digits.slice(0, point)}.${digits.slice(point)}`.replace(/^0+(?=\d)/, "").replace(/\.?0*$/, "");
  return `${found[1]}${trimmed || "0"}`;
}

/** Whether a fact is a share and shown in percent: caps and fallbacks of the weight always, values where they are rates. */
export function isShare(fact: Fact, component: string, pays: string): boolean {
  if (fact === "weight") return false;
  if (fact === "cap" || fact === "fallback") return true;
  return component === "accuracy" || (component === "success" && pays === "success_rate");
}

type Written = Pick<PlanView, "pays" | "components">;

/** The rules of a version as a form shows them; a component that it does not pay for is there with what is usual. */
export function rulesOf(plan: Written, usual: Written): Rule[] {
  return COMPONENTS.map((component) => {
    const own = plan.components.find((one) => one.component === component);
    const from = own ?? usual.components.find((one) => one.component === component) ?? {};
    const pays = own ? plan.pays : usual.pays;
    const facts = FACTS.map((fact) => [fact, isShare(fact, component, pays) ? shifted(from[fact] ?? "", 2) : (from[fact] ?? "")]);
    return { component, pays: own !== undefined, ...(Object.fromEntries(facts) as Record<Fact, string>) };
  });
}

/** What the server is asked with. */
export function bodyOf({ rules, ...terms }: Terms): Record<string, unknown> {
  const written = rules
    .filter((rule) => rule.pays)
    .map((rule) => ({
      component: rule.component,
      ...Object.fromEntries(
        FACTS.map((fact) => [fact, isShare(fact, rule.component, terms.pays) ? shifted(rule[fact], -2) : rule[fact].trim()]),
      ),
    }));
  return { ...terms, components: written };
}

/** Points of a component at a value, as the server's formula has them; null: the fallback. All in the units of the form. */
export function earned(rule: Rule, value: number): number {
  const [weight, floor, target, cap] = [rule.weight, rule.floor, rule.target, rule.cap].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const way = target > floor ? (value - floor) / (target - floor) : value >= target ? 1 : 0;
  return weight * Math.min(Math.max(way, 0), cap / 100);
}

/** Months from one on, as YYYY-MM. */
export function monthsFrom(earliest: string, count: number): string[] {
  const [year = 0, month = 1] = earliest.split("-").map(Number);
  return Array.from({ length: count }, (_, n) => {
    const first = new Date(year, month - 1 + n, 1);
    return `${first.getFullYear()}-${String(first.getMonth() + 1).padStart(2, "0")}`;
  });
}

/** What is wrong with each field, by its name in the form: `success.floor` for that of a component. */
export function wrongIn(problem: Problem | null, rules: readonly Rule[]): Map<string, string> {
  const paying = rules.filter((rule) => rule.pays);
  return new Map(
    (problem?.fields ?? []).map((wrong) => {
      const found = /^components[.[](\d+)\]?\.(\w+)$/.exec(wrong.field);
      const rule = found && paying[Number(found[1])];
      return [rule ? `${rule.component}.${found[2]}` : wrong.field, sayWrong(reader.language, wrong)];
    }),
  );
}

const TONES: Record<string, string> = { submitted: "warm", approved: "good", sent_back: "bad" };

export function toneOf(status: string): string {
  return TONES[status] ?? "";
}
