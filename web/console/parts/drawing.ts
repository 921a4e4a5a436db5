// The charting library, of which only what pictures here need comes along.
import { BarChart, CustomChart, HeatmapChart, LineChart, SankeyChart, ScatterChart } from "echarts/charts";
import {
  DatasetComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { coloursOf, type Option } from "./colours.ts";

use([BarChart, CustomChart, HeatmapChart, LineChart, SankeyChart, ScatterChart]);
use([DatasetComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

/** Draw it, and again when its place changes size; returns what ends it. */
export function draw(
  holder: HTMLElement,
  option: Option,
  onpick?: (part: { series: string; name: string; index: number }) => void,
): () => void {
  const chart = init(holder);
  const colours = coloursOf(holder, "light");
  const tooltip = { renderMode: "richText", confine: true, ...(option.tooltip as object | undefined) }; // the policy allows no style in HTML
  const plain = { textStyle: { color: colours.ink, fontFamily: getComputedStyle(holder).fontFamily }, animation: false };
  const palette = { color: [colours.one, colours.two, colours.three, colours.four, colours.five] };
  chart.setOption({ ...plain, ...palette, ...option, tooltip });
  if (onpick) chart.on("click", (event) => onpick({ series: event.seriesName ?? "", name: event.name, index: event.dataIndex }));
  const watch = new ResizeObserver(() => chart.resize());
  watch.observe(holder);
  return () => {
    watch.disconnect();
    chart.dispose();
  };
}
