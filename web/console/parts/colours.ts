// The colours of pictures, as the style sheet has them.
import type { EChartsCoreOption } from "echarts/core";

export type Option = EChartsCoreOption;

const NAMES = [
  "ink",
  "soft",
  "line",
  "ground",
  "card",
  "main",
  "good",
  "bad",
  "warm",
  "one",
  "two",
  "three",
  "four",
  "five",
] as const;
export type Colours = Record<(typeof NAMES)[number], string> & { dark: boolean };

export function coloursOf(holder: Element, light: "light" | "dark"): Colours {
  const style = getComputedStyle(holder);
  const found = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { ...(found as Record<(typeof NAMES)[number], string>), dark: light === "dark" };
}
