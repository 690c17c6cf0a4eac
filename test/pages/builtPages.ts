import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The join page with the harness for a script: the same HTML, styles and code, but the peer. */
const harnessInJoinPage: Plugin = {
  name: "harness-in-join-page",
  transformIndexHtml: {
    order: "pre",
    handler: (html, { path }) => (path.endsWith("join.html") ? html.replace("./main.ts", "/test/pages/joinHarness.ts") : html),
  },
};

/** Builds both pages as the coordinator serves them, into a folder of its own, and gives that folder. */
export async function buildPages(name: string, options: { readonly harness?: boolean } = {}): Promise<string> {
  const outDir = `${root}/.cache/test-pages/${name}`;
  await build({
    configFile: `${root}/vite.config.ts`,
    logLevel: "warn",
    plugins: options.harness === true ? [harnessInJoinPage] : [],
    build: { outDir, minify: false },
  });
  return outDir;
}
