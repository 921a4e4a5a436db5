// What a report may say beside its outcome, as it is being typed.
import type { Outcome } from "./outcomes.ts";
import type { Said } from "./recording.ts";

export interface Details {
  note: string;
  operator: string;
  price: string;
  ends: string;
  proposals: Record<string, string>;
}

const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
const PRICE = /^\d{1,6}(\.\d{1,2})?$/;

export function noDetails(): Details {
  return { note: "", operator: "", price: "", ends: "", proposals: {} };
}

/** The fields of a report that these come to, as far as the outcome allows them. */
export function saidBy(details: Details, outcome: Outcome): Pick<Said, "note" | "competitor" | "proposals"> {
  const note = clean(details.note);
  const operator = clean(details.operator);
  const price = PRICE.test(details.price.trim()) ? { monthly_price: details.price.trim() } : {};
  const ends = details.ends ? { ends_on: details.ends } : {};
  const proposals = Object.entries(details.proposals)
    .map(([field, value]) => ({ field, value: clean(value) }))
    .filter((proposal) => proposal.value !== "");
  return {
    note: note || undefined,
    competitor: operator && outcome.allows.includes("competitor") ? { operator, ...price, ...ends } : undefined,
    proposals: proposals.length > 0 && outcome.allows.includes("proposals") ? proposals : undefined,
  };
}

function clean(text: string): string {
  return text.replace(CONTROL, "").trim();
}
