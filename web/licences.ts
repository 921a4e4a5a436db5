// The licences of what is built in, beside the built pages: of each package of which a part may be in them, all that it says of itself.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const SAYS = /^(licen[cs]e|notice|copying)/i;
/** come with what they need built in */
const WHOLE = new Set(["maplibre-gl"]);
const RULE = "=".repeat(80);

interface Package {
  name: string;
  version: string;
  license?: string;
  dependencies?: Record<string, string>;
}

/** Writes them to `place`, in the folder of the build. */
export function licences(place: string): Plugin {
  return {
    name: "licences",
    generateBundle() {
      const homes = new Map<string, Package>();
      for (const id of this.getModuleIds()) note(homes, /^.*\/node_modules\/(?:@[^/]+\/)?[^/?]+/.exec(id)?.[0]);
      const texts = new Set([...homes].map(([home, one]) => said(home, one))); // the same package may lie in two places
      this.emitFile({ type: "asset", fileName: place, source: [...texts].sort().join("\n") });
    },
  };
}

function note(homes: Map<string, Package>, home: string | undefined, whole = false): void {
  if (!home || homes.has(home) || !existsSync(join(home, "package.json"))) return;
  const one = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as Package;
  homes.set(home, one);
  if (!whole && !WHOLE.has(one.name)) return;
  const beside = home.slice(0, home.lastIndexOf("/node_modules/") + "/node_modules".length);
  for (const name of Object.keys(one.dependencies ?? {}).filter((name) => !name.startsWith("@types/"))) {
    const needed = [join(home, "node_modules", name), join(beside, name)].find(existsSync);
    if (!needed) throw new Error(`${name}, which ${one.name} has built in, is not installed: its licence is not known`);
    note(homes, needed, true);
  }
}

function said(home: string, { name, version, license }: Package): string {
  const names = readdirSync(home, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? entry.name : []));
  const read = (file: string): string => readFileSync(join(home, file), "utf8").trim();
  const own = names.filter((file) => SAYS.test(file)).map(read);
  const readme = names.filter((file) => /^readme/i.test(file)).map(read);
  const texts = own.length > 0 ? own : readme.map((text) => text.slice(Math.max(0, text.search(/licen[cs]e/i)))); // some say it there
  if (!texts.some(Boolean)) throw new Error(`${name} says nothing of its licence`);
  return [RULE, `${name} ${version}${license ? ` (${license})` : ""}`, RULE, ...texts, ""].join("\n\n");
}
