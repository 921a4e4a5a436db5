// What an evaluation holds (app/evaluation/assessing.py), and how its codes and differences are said.
import { sayCode } from "../words.ts";
import { reader } from "../reader.svelte.ts";

export interface Arm {
  customers: number;
  bought: number;
  contacted: number;
}
export interface Effect {
  treated: Arm;
  control: Arm;
  difference: number | null;
  low: number | null;
  high: number | null;
  sales: number | null;
  sales_low: number | null;
  sales_high: number | null;
  verdict: string;
}
export interface Look {
  name: string;
  treated: number;
  treated_bought: number;
  control: number;
  control_bought: number;
  difference: number | null;
  low: number | null;
  high: number | null;
  verdict: string;
  low_score: number | null;
  high_score: number | null;
}
export interface Placed {
  name: string;
  orders: number;
  successes: number;
  expected: number;
  index: number;
  low: number;
  high: number;
  verdict: string;
}
export interface Ranking {
  ratio: number;
  p: number | null;
  differ: boolean;
}
export interface Band {
  orders: number;
  promised: number;
  successes: number;
  rate: number;
  low: number;
  high: number;
}
interface Amount {
  amount: string;
  low: string;
  high: string;
}
interface Promise {
  orders: number;
  expected: number;
  expected_low: number;
  expected_high: number;
  successes: number;
  rate: number | null;
  verdict: string;
}
export interface Stage {
  code: string;
  count: number;
  out: Record<string, number>;
}
export interface Figures {
  funnel: { stages: Stage[]; won_otherwise: number };
  success: { orders: number; successes: number; rate: number | null; low: number | null; high: number | null };
  effect: Effect;
  ratio: { treated: number; control: number; share: number; p: number | null; alarms: boolean };
  contamination: {
    controls: number;
    controls_contacted: number;
    by: Record<string, number>;
    treated: number;
    never_contacted: number;
    without: Effect;
    per_contact: [number, number, number] | null;
  };
  looks: { count: number; level: number; bands: Look[]; segments: Look[] };
  calibration: { ranked: Promise; explored: Promise; bands: Band[] };
  money: {
    contacts: number;
    cost: string | null;
    revenue: string;
    margin: string;
    gross_return: number | null;
    incremental_revenue: Amount | null;
    incremental_margin: Amount | null;
    incremental_return: [number, number, number] | null;
  };
  pace: {
    steps: { code: string; orders: number; median_hours: number | null; p90_hours: number | null }[];
    share_within_plan: number | null;
  };
  objections: { code: string; customers: number; share: number; bought_all_the_same: number }[];
  managers: Ranking;
  talk_tracks: Ranking & { groups: Placed[] };
  talks: { feature: string | null; zh: string; en: string }[];
  advice: { rule: string; kind: string; zh: string; en: string }[];
}

/** A difference of shares, for every hundred customers, with its sign. */
export function points(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const said = reader.number(Math.abs(100 * value), 2);
  return value < 0 ? `−${said}` : `+${said}`;
}

export function span(low: string, high: string): string {
  return `${low} … ${high}`;
}

export function said(group: string, code: string): string {
  return sayCode(reader.language, group, code);
}

/** Stands out for the better, for the worse, or not. */
export function tone(verdict: string): "good" | "bad" | "plain" {
  return ["more", "above"].includes(verdict) ? "good" : ["fewer", "below"].includes(verdict) ? "bad" : "plain";
}

export function money(value: string | null | undefined): string {
  return value === null || value === undefined ? "–" : reader.number(Number(value), 0);
}
