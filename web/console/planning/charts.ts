// The pictures of planning: where customers went, how full grids are, who wants whom.
import type { Colours, Option } from "../parts/colours.ts";
import { reader } from "../reader.svelte.ts";
import { PLACED, say } from "./campaigns.ts";

/** A waterfall as a flow: all customers, those who may be contacted and those who may not, and the reasons of each. */
export function flow(waterfall: Record<string, number>, names: { all: string; left: string; lost: string }) {
  return (colours: Colours): Option => {
    const reasons = Object.entries(waterfall).filter(([, count]) => count > 0);
    const left = reasons.filter(([reason]) => PLACED.includes(reason));
    const lost = reasons.filter(([reason]) => !PLACED.includes(reason));
    const sum = (of: [string, number][]): number => of.reduce((all, [, count]) => all + count, 0);
    const tone = (reason: string): string =>
      reason === "dispatched" || reason === "undecided" ? colours.good : PLACED.includes(reason) ? colours.warm : colours.soft;
    const links = [
      ...(left.length ? [{ source: names.all, target: names.left, value: sum(left) }] : []),
      ...(lost.length ? [{ source: names.all, target: names.lost, value: sum(lost) }] : []),
      ...left.map(([reason, value]) => ({ source: names.left, target: say.reason(reason), value })),
      ...lost.map(([reason, value]) => ({ source: names.lost, target: say.reason(reason), value })),
    ];
    const nodes = [
      { name: names.all, itemStyle: { color: colours.one }, value: sum(reasons) },
      ...(left.length ? [{ name: names.left, itemStyle: { color: colours.good }, value: sum(left) }] : []),
      ...(lost.length ? [{ name: names.lost, itemStyle: { color: colours.soft }, value: sum(lost) }] : []),
      ...reasons.map(([reason, value]) => ({ name: say.reason(reason), itemStyle: { color: tone(reason) }, value })),
    ];
    return {
      tooltip: {},
      series: [
        {
          type: "sankey",
          left: 8,
          right: 190,
          top: 12,
          bottom: 12,
          nodeGap: 12,
          draggable: false,
          emphasis: { focus: "adjacency" },
          label: {
            color: colours.ink,
            formatter: ({ name, value }: { name: string; value: number }) => `${name} ${reader.number(value)}`,
          },
          lineStyle: { color: "source", opacity: 0.3 },
          data: nodes,
          links,
        },
      ],
    };
  };
}

export interface Heat {
  x: string;
  y: string;
  /** 0 to 1 and above; null where nothing is known */
  share: number | null;
  text: string;
  said: string;
}

/** Cells by column and row, coloured from the ground to what is full; the text stands in the cell where there is room for it. */
export function heat(cells: readonly Heat[], columns: readonly string[], rows: readonly string[], full = 1) {
  return (colours: Colours): Option => {
    const roomy = columns.length <= 14;
    return {
      grid: { left: 8, right: 12, top: 30, bottom: 8, containLabel: true },
      tooltip: { formatter: ({ dataIndex }: { dataIndex: number }) => cells[dataIndex]?.said ?? "" },
      xAxis: {
        type: "category",
        data: [...columns],
        position: "top",
        axisLabel: { color: colours.soft, interval: 0, rotate: columns.some((name) => name.length > 7) ? 35 : 0 },
        axisTick: { show: false },
      },
      yAxis: { type: "category", data: [...rows], inverse: true, axisLabel: { color: colours.ink }, axisTick: { show: false } },
      visualMap: {
        show: false,
        min: 0,
        max: full,
        dimension: 2,
        inRange: {
          color: colours.dark ? ["#1f3034", "#1c5f6b", "#c98a3a", "#d9604a"] : ["#e6f1f2", "#8cc5cd", "#eab673", "#d9705a"],
        },
      },
      series: [
        {
          type: "heatmap",
          data: cells.map((cell) => ({
            value: [columns.indexOf(cell.x), rows.indexOf(cell.y), cell.share ?? 0],
            name: cell.y,
            itemStyle: cell.share === null ? { color: colours.ground } : undefined,
          })),
          label: {
            show: roomy,
            color: colours.dark ? "#f4f8f8" : "#14211f",
            formatter: ({ dataIndex }: { dataIndex: number }) => cells[dataIndex]?.text ?? "",
          },
          itemStyle: { borderColor: colours.card, borderWidth: 1 },
        },
      ],
    };
  };
}

/** Bars for a few names, with the number at their end. */
export function bars(rows: readonly { name: string; value: number }[], tone: "one" | "two" | "good" = "one") {
  return (colours: Colours): Option => ({
    grid: { left: 8, right: 60, top: 4, bottom: 4, containLabel: true },
    xAxis: { type: "value", show: false },
    yAxis: {
      type: "category",
      inverse: true,
      data: rows.map((row) => row.name),
      axisLabel: { color: colours.ink },
      axisLine: { show: false },
      axisTick: { show: false },
    },
    series: [
      {
        type: "bar",
        barMaxWidth: 22,
        itemStyle: { color: colours[tone], borderRadius: 3 },
        label: {
          show: true,
          position: "right",
          color: colours.ink,
          formatter: ({ value }: { value: number }) => reader.number(value),
        },
        data: rows.map((row) => row.value),
      },
    ],
  });
}
