// The phone app. The console is built beside it, by vite.console.config.ts.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { licences } from "./licences.ts";
import pages from "./package.json" with { type: "json" };

export default defineConfig({
  plugins: [svelte(), licences("phone/licences.txt")],
  define: { VERSION: JSON.stringify(pages.version) },
  build: {
    outDir: "../app/web/dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the pages' policy allows no data: address
    modulePreload: { polyfill: false }, // it would be a script in the page
    rollupOptions: { input: { phone: "phone/index.html" } },
  },
});
