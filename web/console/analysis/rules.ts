// A tag's rule as a list of conditions that a form can show, and back; what is deeper stays JSON.
export type Rule = Record<string, unknown>;
export type Join = "all" | "any";
export const KINDS = [
  "feature",
  "lifecycle_stage",
  "segment",
  "tenure_days",
  "monthly_value",
  "holds",
  "holds_family",
  "held_before",
  "held_family_before",
  "lost_within_days",
] as const;
export const ASKED = ["at_least", "at_most", "above", "below", "equals", "is_missing"] as const;
export const STAGES = ["new", "growing", "mature", "declining", "lost"] as const;
export type Kind = (typeof KINDS)[number];
export type Asked = (typeof ASKED)[number];

export interface Condition {
  kind: Kind;
  /** of a feature: which */
  name: string;
  asked: Asked;
  value: string;
  not: boolean;
}

export interface Simple {
  join: Join;
  conditions: Condition[];
}

const COMPARED: readonly Kind[] = ["feature", "tenure_days", "monthly_value"];

export function isCompared(kind: Kind): boolean {
  return COMPARED.includes(kind);
}

export function newCondition(): Condition {
  return { kind: "feature", name: "", asked: "at_least", value: "", not: false };
}

/** The rule as conditions; null where it is deeper than a list of them. */
export function simpleOf(rule: Rule): Simple | null {
  const join = "any" in rule ? "any" : "all";
  const parts = "any" in rule || "all" in rule ? (rule[join] as Rule[]) : [rule];
  const conditions = parts.map(conditionOf);
  return conditions.some((one) => one === null) ? null : { join, conditions: conditions as Condition[] };
}

export function ruleOf({ join, conditions }: Simple): Rule {
  const parts = conditions.map(partOf);
  return parts.length === 1 ? parts[0]! : { [join]: parts };
}

/** A rule on one line, for people. */
export function inWords(rule: Rule, say: (word: [group: string, code: string]) => string): string {
  const inner = (part: Rule): string => ("all" in part || "any" in part ? `(${inWords(part, say)})` : inWords(part, say));
  if ("not" in rule) return `${say(["tags", "is_not"])} ${inner(rule.not as Rule)}`;
  if ("all" in rule) return (rule.all as Rule[]).map(inner).join(" ∧ ");
  if ("any" in rule) return (rule.any as Rule[]).map(inner).join(" ∨ ");
  const kind = KINDS.find((one) => one in rule);
  if (!kind) return JSON.stringify(rule);
  if (kind === "feature") return `${String(rule.feature)} ${bounds(rule, say)}`;
  if (isCompared(kind)) return `${say(["tag_rule", kind])} ${bounds(rule[kind] as Rule, say)}`;
  const values = [rule[kind]]
    .flat()
    .map((value) => (kind === "lifecycle_stage" ? say(["tag_stage", String(value)]) : String(value)));
  return `${say(["tag_rule", kind])} ${values.join(" / ")}`;
}

function bounds(asked: Rule, say: (word: [group: string, code: string]) => string): string {
  const said = Object.entries(asked).filter(([name]) => name !== "feature");
  return said.map(([name, value]) => `${say(["asked", name])} ${name === "is_missing" ? "" : String(value)}`.trim()).join(", ");
}

function conditionOf(part: Rule): Condition | null {
  if ("not" in part) {
    const inner = conditionOf(part.not as Rule);
    return inner && !inner.not ? { ...inner, not: true } : null;
  }
  const kind = KINDS.find((one) => one in part);
  if (!kind) return null;
  const bare = { kind, name: "", asked: "equals" as Asked, not: false };
  if (!isCompared(kind)) {
    const value = part[kind];
    return Object.keys(part).length > 1 || typeof value === "object" ? null : { ...bare, value: String(value) };
  }
  const said = Object.entries(kind === "feature" ? part : (part[kind] as Rule)).filter(([name]) => name !== "feature");
  const [asked, value] = said[0] ?? [];
  if (said.length !== 1 || typeof value === "object" || !ASKED.includes(asked as Asked)) return null;
  return { ...bare, name: kind === "feature" ? String(part.feature) : "", asked: asked as Asked, value: String(value) };
}

function partOf({ kind, name, asked, value, not }: Condition): Rule {
  let part: Rule;
  if (isCompared(kind)) {
    const compared = { [asked]: asked === "is_missing" ? value !== "false" : numberOr(value) };
    part = kind === "feature" ? { feature: name, ...compared } : { [kind]: compared };
  } else {
    part = { [kind]: kind === "lost_within_days" ? numberOr(value) : value };
  }
  return not ? { not: part } : part;
}

function numberOr(text: string): number | string {
  const found = Number(text);
  return text.trim() !== "" && Number.isFinite(found) ? found : text;
}
