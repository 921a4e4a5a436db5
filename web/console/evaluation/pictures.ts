// The pictures of an evaluation: a dot with its interval for each group, what was promised against what came, the funnel.
import type { Colours, Option } from "../parts/colours.ts";
import type { Band } from "./figures.ts";

export interface Dot {
  name: string;
  estimate: number;
  low: number;
  high: number;
  outstanding: boolean;
}

interface Api {
  value: (column: number) => number;
  coord: (point: [number, number]) => [number, number];
}

/** Dots from the top down; the dashed line `at` is where nothing is different. */
export function dots(rows: readonly Dot[], at: number, of: string): (colours: Colours) => Option {
  return (colours) => ({
    grid: { left: 8, right: 24, top: 8, bottom: 34, containLabel: true },
    xAxis: {
      type: "value",
      name: of,
      nameLocation: "middle",
      nameGap: 24,
      nameTextStyle: { color: colours.soft },
      scale: true,
      splitLine: { lineStyle: { color: colours.line } },
      axisLabel: { color: colours.soft },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: rows.map((row) => row.name),
      axisLabel: { color: colours.ink, width: 170, overflow: "truncate" },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colours.line } },
    },
    tooltip: {
      trigger: "item",
      formatter: (part: { dataIndex: number }) => {
        const row = rows[part.dataIndex];
        return row ? `${row.name}: ${row.estimate.toFixed(2)} (${row.low.toFixed(2)} … ${row.high.toFixed(2)})` : "";
      },
    },
    series: [
      {
        type: "custom",
        data: rows.map((row, place) => [row.estimate, place, row.low, row.high]),
        encode: { x: [0, 2, 3], y: 1 },
        renderItem: (params: { dataIndex: number }, api: Api) => drawn(rows[params.dataIndex], api, colours),
        markLine: {
          silent: true,
          symbol: "none",
          label: { show: false },
          lineStyle: { type: "dashed", color: colours.soft },
          data: [{ xAxis: at }],
        },
      },
    ],
  });
}

export function heightOf(rows: readonly unknown[]): number {
  return 70 + 26 * rows.length;
}

/** On the diagonal what was promised is what came; in per cent. */
export function promises(bands: readonly Band[], promised: string, came: string): (colours: Colours) => Option {
  const top = 105 * Math.max(...bands.map((band) => Math.max(band.promised, band.high)), 0.01);
  const axis = (name: string, gap: number, colours: Colours): Option => ({
    type: "value",
    min: 0,
    max: Math.ceil(top),
    name,
    nameLocation: "middle",
    nameGap: gap,
    nameTextStyle: { color: colours.soft },
    axisLabel: { color: colours.soft },
    splitLine: { lineStyle: { color: colours.line } },
  });
  return (colours) => ({
    grid: { left: 46, right: 20, top: 12, bottom: 40 },
    xAxis: axis(`${promised} %`, 26, colours),
    yAxis: axis(`${came} %`, 32, colours),
    tooltip: { trigger: "item" },
    series: [
      {
        type: "line",
        silent: true,
        symbol: "none",
        lineStyle: { type: "dashed", color: colours.soft, width: 1 },
        data: [
          [0, 0],
          [Math.ceil(top), Math.ceil(top)],
        ],
      },
      {
        type: "custom",
        data: bands.map((band) => [100 * band.promised, 100 * band.rate, 100 * band.low, 100 * band.high]),
        encode: { x: 0, y: [1, 2, 3] },
        renderItem: (_: unknown, api: Api) => upright(api, colours),
        tooltip: { formatter: (part: { value: number[] }) => part.value.map((one) => `${one.toFixed(1)} %`).join(" / ") },
      },
    ],
  });
}

export function funnel(stages: readonly { name: string; count: number }[]): (colours: Colours) => Option {
  return (colours) => ({
    grid: { left: 8, right: 110, top: 4, bottom: 4, containLabel: true },
    xAxis: { type: "value", show: false },
    yAxis: {
      type: "category",
      inverse: true,
      data: stages.map((stage) => stage.name),
      axisLabel: { color: colours.ink },
      axisTick: { show: false },
      axisLine: { show: false },
    },
    tooltip: { trigger: "item" },
    series: [
      {
        type: "bar",
        data: stages.map((stage) => stage.count),
        barWidth: "62%",
        label: {
          show: true,
          position: "right",
          color: colours.ink,
          formatter: (part: { dataIndex: number; value: number }) => {
            const before = stages[part.dataIndex - 1]?.count;
            return `${part.value.toLocaleString()}${before ? `  ${Math.round((100 * part.value) / before)} %` : ""}`;
          },
        },
      },
    ],
  });
}

function drawn(row: Dot | undefined, api: Api, colours: Colours): object {
  const colour = row?.outstanding ? colours.two : colours.one;
  const [x, y] = api.coord([api.value(0), api.value(1)]);
  const [left] = api.coord([api.value(2), api.value(1)]);
  const [right] = api.coord([api.value(3), api.value(1)]);
  return {
    type: "group",
    children: [
      { type: "line", shape: { x1: left, y1: y, x2: right, y2: y }, style: { stroke: colour, lineWidth: 2 } },
      {
        type: "circle",
        shape: { cx: x, cy: y, r: 5 },
        style: { fill: row?.outstanding ? colour : colours.card, stroke: colour, lineWidth: 2 },
      },
    ],
  };
}

function upright(api: Api, colours: Colours): object {
  const [x, y] = api.coord([api.value(0), api.value(1)]);
  const [, low] = api.coord([api.value(0), api.value(2)]);
  const [, high] = api.coord([api.value(0), api.value(3)]);
  return {
    type: "group",
    children: [
      { type: "line", shape: { x1: x, y1: low, x2: x, y2: high }, style: { stroke: colours.one, lineWidth: 2 } },
      { type: "circle", shape: { cx: x, cy: y, r: 5 }, style: { fill: colours.one } },
    ],
  };
}
