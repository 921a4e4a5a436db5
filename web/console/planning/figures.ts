// What a preview has found, as it is kept.
export interface Expected {
  expected: number | string;
  low: number | string;
  high: number | string;
}

export interface Moved {
  days: number;
  first_day: string | null;
  last_day: string;
  contacts: number;
  free: number;
  successes: Expected | null;
  value: Expected | null;
  displaced: Displaced[];
}

export interface Displaced {
  campaign: string;
  contacts: number;
  value: string | null;
}

export interface Figures {
  contacts: number;
  successes: Expected;
  cost: string;
  gross: Expected | null;
  value: Expected | null;
  return_on_cost: Expected | null;
  budget: { planned: string; needed: string } | null;
  minimum_volume: { promised: number; reached: number } | null;
  reach: Record<string, number>;
  fits: boolean;
  short: { grid: string; wanted: number; free: number }[];
  load: { grid: string; week: string; contacts: number; free: number }[];
  overlap: { campaign: string; family: string; status: string; customers: number }[];
  displaced: Displaced[];
  moved: Moved[];
}
