import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Pages live beside their code; the coordinator serves them from the top of the output. */
const pagesOnTop: Plugin = {
  name: "pages-on-top",
  enforce: "post",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.fileName.endsWith(".html")) file.fileName = file.fileName.slice(file.fileName.lastIndexOf("/") + 1);
    }
  },
};

/** The two pages: `index.html` (the dashboard) and `join.html` (a tab that takes part). Addresses begin at the coordinator's root. */
export default defineConfig({
  root: at("."),
  base: "/",
  publicDir: false,
  plugins: [pagesOnTop],
  worker: { format: "es" },
  build: {
    outDir: at("dist/pages"),
    emptyOutDir: true,
    target: "es2022",
    // Every asset is a file of its own, so that a strict content security policy can name its source.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: [at("coordinator/dashboard/index.html"), at("worker/join/join.html")] },
  },
});
