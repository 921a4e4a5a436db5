// A rule of a list, as the server's grammar has it, made and changed part by part; and said in words.
import { reader } from "../reader.svelte.ts";
import { sayCode } from "../words.ts";
import type { Choices, Rule } from "./campaigns.ts";

export const KINDS = [
  "feature",
  "segment",
  "lifecycle_stage",
  "grid",
  "tenure_days",
  "monthly_value",
  "holds",
  "holds_family",
  "held_before",
  "held_family_before",
  "lost_within_days",
  "group",
] as const;
export type Kind = (typeof KINDS)[number];
export const STAGES = ["new", "growing", "mature", "declining", "lost"];
export const BOUNDS = ["at_least", "at_most", "above", "below"] as const;
const LISTS = ["segment", "lifecycle_stage", "grid"];

export function word(code: string): string {
  return sayCode(reader.language, "rule", code);
}

export function kindOf(rule: Rule): Kind {
  if ("all" in rule || "any" in rule) return "group";
  return KINDS.find((kind) => kind in rule) ?? "feature";
}

/** A first rule of a kind, which the planner then changes. */
export function begin(kind: Kind, choices: Choices): Rule {
  const feature = choices.features[0];
  const product = choices.products[0];
  switch (kind) {
    case "group":
      return { any: [begin("segment", choices)] };
    case "feature":
      return feature ? ofFeature(feature) : { feature: "", at_least: 0 };
    case "segment":
      return { segment: choices.segments.slice(0, 1) };
    case "lifecycle_stage":
      return { lifecycle_stage: ["declining"] };
    case "grid":
      return {
        grid: choices.units
          .filter((unit) => unit.branch !== null)
          .map((unit) => unit.code)
          .slice(0, 1),
      };
    case "tenure_days":
      return { tenure_days: { at_least: 180 } };
    case "monthly_value":
      return { monthly_value: { at_least: 100 } };
    case "holds":
    case "held_before":
      return { [kind]: product?.code ?? "" };
    case "holds_family":
    case "held_family_before":
      return { [kind]: product?.family ?? "" };
    case "lost_within_days":
      return { lost_within_days: 90 };
  }
}

export function ofFeature(feature: Choices["features"][number]): Rule {
  return feature.kind === "number"
    ? { feature: feature.feature, at_least: feature.middle ?? 0 }
    : { feature: feature.feature, one_of: feature.words.slice(0, 1) };
}

/** The parts that a list of a rule names, whichever way it names them. */
export function listed(value: unknown): string[] {
  return Array.isArray(value) ? (value as unknown[]).map(String) : value === undefined ? [] : [String(value)];
}

/** A rule in words, for who reads a plan. */
export function inWords(rule: Rule | null | undefined, choices?: Choices): string {
  if (!rule) return reader.say("rule.none");
  if ("not" in rule) return `${word("not")}（${inWords(rule.not as Rule, choices)}）`;
  for (const way of ["all", "any"] as const) {
    if (way in rule) {
      const parts = (rule[way] as Rule[]).map((part) => inWords(part, choices));
      return parts.length === 1 ? (parts[0] ?? "") : `${word(way)}（${parts.join(reader.pick("；", "; "))}）`;
    }
  }
  const kind = kindOf(rule);
  if (kind === "feature") return `${nameOf(String(rule.feature), choices)} ${compared(rule)}`;
  if (kind === "tenure_days" || kind === "monthly_value") return `${word(kind)} ${compared(rule[kind] as Rule)}`;
  if (LISTS.includes(kind)) {
    const said = listed(rule[kind]).map((one) => (kind === "lifecycle_stage" ? sayCode(reader.language, "stage", one) : one));
    return `${word(kind)}: ${said.join(", ")}`;
  }
  const family = "family" in rule ? ` (${String(rule.family)})` : "";
  return `${word(kind)} ${String(rule[kind])}${family}`;
}

function compared(rule: Rule): string {
  return Object.entries(rule)
    .filter(([name]) => name !== "feature")
    .map(([name, value]) =>
      name === "is_missing" ? word(value ? "is_missing" : "is_known") : `${word(name)} ${listed(value).join(", ")}`,
    )
    .join(", ");
}

function nameOf(feature: string, choices?: Choices): string {
  const found = choices?.features.find((one) => one.feature === feature);
  return found ? reader.pick(found.name_zh, found.name_en) : feature;
}
