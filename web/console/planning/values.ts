// A value of a plan as somebody reads it.
import { reader } from "../reader.svelte.ts";
import { sayCode } from "../words.ts";
import { money, say, type Choices, type Rule } from "./campaigns.ts";
import { inWords } from "./rules.ts";

const SHARES = ["control_share", "exploration_share", "fairness"];
const MONEY = ["budget", "km_cost"];
const DAYS = ["starts_on", "ends_on"];

export function said(field: string, value: unknown, choices?: Choices): string {
  if (value === null || value === undefined || value === "") {
    return field === "unit_code" ? reader.say("campaign.whole_company") : "–";
  }
  if (field === "list_rule") return inWords(value as Rule, choices);
  if (field === "pilot") return pilot(value as Rule);
  if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : "–";
  if (SHARES.includes(field)) return reader.percent(Number(value));
  if (MONEY.includes(field)) return money(String(value));
  if (DAYS.includes(field)) return reader.date(String(value));
  if (field === "channel") return say.channel(String(value));
  if (field === "objective") return say.objective(String(value));
  if (field === "fit") return sayCode(reader.language, "fit", String(value));
  if (field === "unfinished_rule") return sayCode(reader.language, "unfinished", String(value));
  if (typeof value === "number") return reader.number(value, value % 1 === 0 ? 0 : 3);
  return String(value);
}

function pilot(plan: Rule): string {
  return Object.entries(plan)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) =>
        `${sayCode(reader.language, "pilot", name)} ${name === "by" ? sayCode(reader.language, "pilot.by", String(value)) : String(value)}`,
    )
    .join(reader.pick("；", "; "));
}
