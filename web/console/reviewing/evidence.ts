// What is known of a report, as the server gives it: JSON that its document does not describe further.
import type { Answer } from "../../answers.ts";

export type Case = Answer<"/dashboard/v1/reviews/{case_id}">;
export type Facts = Record<string, unknown>;

export interface Evidence {
  feedback: {
    id: string;
    outcome: string;
    channel: string;
    objection: string | null;
    note: string | null;
    contacted_at: string;
    received_at: string;
    elapsed_ms: number | null;
    clock_doubtful: boolean;
  };
  position: {
    latitude: number | null;
    accuracy_metres: number | null;
    mock_location: boolean | null;
    metres_to_address: number | null;
  };
  customer: { customer_no: string | null; name: string | null; address: string | null };
  findings: { rule: string; version: number; strength: number; facts: Facts }[];
  calls: { call_id: string; started_at: string; duration_seconds: number }[];
  orders: { order_no: string; family: string; ordered_at: string; cancelled_at: string | null }[];
  verdicts: { number: number; verdict: string; kind: string; rule: string; decided_at: string }[];
  photos: { id: string }[];
  history: { id: string; staff_no: string; channel: string; outcome: string; contacted_at: string }[];
}

export interface ManagerMonth {
  reports: number;
  found: { rule: string; version: number; reports: number }[];
  cases: { id: number; kind: string; decision: string | null; seconded_at: string | null }[];
}

export function evidenceOf(found: Case): Evidence | null {
  return found.evidence as Evidence | null;
}

export function monthOf(found: Case): ManagerMonth {
  return found.manager_month as unknown as ManagerMonth;
}

/** Facts of a rule in one line: `kmh 400, metres 12`. */
export function inOneLine(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${said(value)}`)
    .join(", ");
}

function said(value: unknown): string {
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
