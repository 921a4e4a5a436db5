// What the screens of rankers share.
import type { Answer } from "../../answers.ts";

export type RankerLine = Answer<"/operations/v1/rankers/overview">["items"][number];
export type Comparison = Answer<"/operations/v1/rankers/{product_code}/{number}/comparison">;
export type Pair = Comparison["figures"][number];
export type Drift = Answer<"/operations/v1/rankers/{product_code}/{number}/drift">;

/** A gate as the server keeps it. */
export interface Gate {
  name: string;
  figure: number | null;
  limit: number | null;
  passed: boolean;
  says: string;
  says_zh?: string;
}

export const SMALLER_IS_BETTER: ReadonlySet<string> = new Set(["calibration_error", "brier", "log_loss"]);

/** Whether the interval shows the challenger better or worse, beyond doubt. */
export function verdictOf(pair: Pair): "better" | "worse" | "open" {
  if (!pair.difference) return "open";
  const sign = SMALLER_IS_BETTER.has(pair.code) ? -1 : 1;
  const [low, high] = [sign * pair.difference.low, sign * pair.difference.high].sort((a, b) => a - b) as [number, number];
  return low > 0 ? "better" : high < 0 ? "worse" : "open";
}
