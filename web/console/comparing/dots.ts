// The picture: one line for each, its dot where the figure is, and a bar over its 95 % interval; the best at the top.
import type { Colours, Option } from "../parts/colours.ts";
import { isLess, number, written, type Comparison, type Row } from "./figures.ts";

export const LINE = 26;

export function ordered(rows: readonly Row[], measure: string): Row[] {
  const way = isLess(measure) ? -1 : 1;
  const known = rows.filter((row) => row.measured.value !== null);
  return known.sort((a, b) => way * (Number(a.measured.value) - Number(b.measured.value)));
}

export function dots(found: Comparison, rows: readonly Row[], company: string): (colours: Colours) => Option {
  const code = found.asked.measure;
  const whole = number(found.values[code]?.value);
  const bars = rows.map((row, at) => [at, Number(row.measured.low), Number(row.measured.high)]);
  const text = (row: Row): string =>
    `${row.member.name}: ${written(code, row.measured.value)}` +
    (row.measured.low === null ? "" : ` (${written(code, row.measured.low)} – ${written(code, row.measured.high)})`);
  return (colours) => ({
    grid: { left: 8, right: 24, top: 26, bottom: 8, containLabel: true },
    tooltip: { trigger: "item", formatter: (part: { dataIndex: number }) => text(rows[part.dataIndex] as Row) },
    xAxis: {
      type: "value",
      scale: true,
      axisLabel: { color: colours.soft, formatter: (value: number) => written(code, String(value)) },
      splitLine: { lineStyle: { color: colours.line } },
    },
    yAxis: {
      type: "category",
      data: rows.map((row) => row.member.name),
      axisLabel: { color: colours.ink },
      axisTick: { show: false },
      axisLine: { show: false },
    },
    series: [
      {
        type: "custom",
        silent: true,
        data: rows[0]?.measured.low === null ? [] : bars,
        encode: { x: [1, 2], y: 0 },
        renderItem: (_: unknown, api: Api) => {
          const [from, to] = [api.coord([api.value(1), api.value(0)]), api.coord([api.value(2), api.value(0)])];
          return {
            type: "line",
            shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
            style: { stroke: colours.one, lineWidth: 3, opacity: 0.45 },
          };
        },
      },
      {
        type: "scatter",
        symbolSize: 11,
        itemStyle: { color: colours.one },
        data: rows.map((row, at) => [Number(row.measured.value), at]),
        markLine: {
          silent: true,
          symbol: "none",
          lineStyle: { color: colours.two, type: "dashed" },
          label: { formatter: company, color: colours.soft },
          data: whole === null ? [] : [{ xAxis: whole }],
        },
      },
    ],
  });
}

interface Api {
  value: (dimension: number) => number;
  coord: (point: [number, number]) => [number, number];
}
