// The service worker, in one file of a name that stays; it knows every file of the phone app, and changes when one of them does.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";
import pages from "./package.json" with { type: "json" };

const DIST = "../app/web/dist";
const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(DIST.length))
  .filter((path) => /^\/(phone|assets)\/(?!console\/)/.test(path) && !/\/worker\.js$|\.txt$/.test(path))
  .sort();
const build = createHash("sha256");
for (const path of files) build.update(path).update(readFileSync(DIST + path));

export default defineConfig({
  publicDir: false,
  define: {
    VERSION: JSON.stringify(pages.version),
    FILES: JSON.stringify(files.map((path) => path.replace(/\/index\.html$/, "/"))),
    BUILD: JSON.stringify(build.digest("hex").slice(0, 16)),
  },
  build: {
    outDir: `${DIST}/phone`,
    emptyOutDir: false,
    target: "es2022",
    rollupOptions: { input: "phone/worker.ts", output: { entryFileNames: "worker.js", format: "iife" } },
  },
});
