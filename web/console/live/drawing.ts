// The map library, loaded when a map is looked at: no style, glyphs or tiles from elsewhere, its worker from our own origin.
import type { FeatureCollection } from "geojson";
import { LngLatBounds, Map as Drawn, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Answer } from "../../answers.ts";
import { grouped } from "./grouped.ts";
import { coloursOf, type Colours } from "../parts/colours.ts";

type Found = Answer<"/dashboard/v1/live/map">;
setWorkerUrl(workerUrl);

/** Draw it; returns what shows it anew, and what ends it. */
export function draw(holder: HTMLElement, found: Found): { show: (found: Found) => void; end: () => void } {
  const map = new Drawn({ container: holder, style: styleOf(found, coloursOf(holder, "light")), attributionControl: false });
  fit(map, found);
  const watch = new ResizeObserver(() => map.resize());
  watch.observe(holder);
  return {
    show: (next) => map.once("idle", () => put(map, next)) && put(map, next),
    end: () => {
      watch.disconnect();
      map.remove();
    },
  };
}

function put(map: Drawn, found: Found): void {
  for (const [name, data] of Object.entries(sourcesOf(found))) {
    const source = map.getSource(name);
    if (source && "setData" in source) (source as { setData: (data: FeatureCollection) => void }).setData(data);
  }
}

function fit(map: Drawn, found: Found): void {
  const places = [...found.customers, ...found.reports];
  const bounds = new LngLatBounds();
  for (const place of places) bounds.extend([place.longitude, place.latitude]);
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: 40, maxZoom: 15, animate: false });
}

function styleOf(found: Found, colours: Colours): StyleSpecification {
  const sources = Object.entries(sourcesOf(found)).map(([name, data]) => [name, { type: "geojson" as const, data }]);
  const tiles = found.tiles ? { tiles: { type: "raster" as const, tiles: [location.origin + found.tiles], tileSize: 256 } } : {};
  const below = found.tiles ? [{ id: "tiles", type: "raster" as const, source: "tiles" }] : [];
  return {
    version: 8,
    sources: { ...(Object.fromEntries(sources) as object), ...tiles },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colours.ground } },
      ...below,
      { id: "ways", type: "line", source: "ways", paint: { "line-color": colours.two, "line-width": 2 } },
      dots("customers", colours.one, 5, colours.card),
      dots("reports", colours.two, 6, colours.ink),
    ],
  };
}

function dots(source: string, fill: string, radius: number, edge: string): StyleSpecification["layers"][number] {
  const paint = { "circle-color": fill, "circle-radius": radius, "circle-stroke-width": 1.5, "circle-stroke-color": edge };
  return { id: source, type: "circle", source, paint };
}

function sourcesOf(found: Found): Record<"customers" | "reports" | "ways", FeatureCollection> {
  const point = (place: { longitude: number; latitude: number }): [number, number] => [place.longitude, place.latitude];
  const points = (places: { longitude: number; latitude: number }[]): FeatureCollection => ({
    type: "FeatureCollection",
    features: places.map((place) => ({
      type: "Feature",
      properties: {},
      geometry: { type: "Point", coordinates: point(place) },
    })),
  });
  const days = [...grouped(found.reports, (report) => report.staff_no).values()];
  const ways: FeatureCollection = {
    type: "FeatureCollection",
    features: days.map((day) => ({
      type: "Feature",
      properties: {},
      geometry: { type: "LineString", coordinates: day.map(point) },
    })),
  };
  return { customers: points(found.customers), reports: points(found.reports), ways };
}
