// The console, beside the phone app's build and with assets in a folder of their own: a phone never loads them.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { licences } from "./licences.ts";
import pages from "./package.json" with { type: "json" };

export default defineConfig({
  plugins: [svelte(), licences("console/licences.txt")],
  publicDir: false,
  define: { VERSION: JSON.stringify(pages.version) },
  build: {
    outDir: "../app/web/dist",
    emptyOutDir: false,
    assetsDir: "assets/console",
    target: "es2022",
    assetsInlineLimit: 0, // the pages' policy allows no data: address
    modulePreload: { polyfill: false }, // it would be a script in the page
    chunkSizeWarningLimit: 1200, // charts and the map, which are loaded when needed
    rollupOptions: { input: { console: "console/index.html" } },
  },
});
