import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { createServer } from "vite";
import { chromiumArguments, findBrowser } from "../../coordinator/browser/chromium.ts";
import type { BenchHost } from "./host.ts";
import type { RivalHost } from "./peers/rivalHost.ts";

export interface OpenHost {
  readonly host: BenchHost;
  readonly version: string;
  /** Other engines, in the same JavaScript engine; their packages must be installed. */
  openRivals(): Promise<RivalHost>;
  close(): Promise<void>;
}

/** A tab of Chromium that measures, and another for other engines if there are to be any. */
export async function openBrowserHost(withRivals: boolean): Promise<OpenHost> {
  const server = await servePages([withRivals ? "test/bench/peers/page.html" : "test/bench/page.html"], "bench-packages");
  const browser = await chromium.launch({ executablePath: findBrowser(), args: [...chromiumArguments] });
  const page = await openPage(browser, server.url, "test/bench/page.html", "bench");
  return {
    host: callsInto(page, "bench", ["prepare", "ready", "train", "profile", "kernels"]) as unknown as BenchHost,
    version: `Chromium ${browser.version()}`,
    openRivals: async () => {
      const rivals = await openPage(browser, server.url, "test/bench/peers/page.html", "rivals");
      return callsInto(rivals, "rivals", ["names", "prepare", "train"]) as unknown as RivalHost;
    },
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

const DEADLINE_MS = 600_000; // of anything that a page is asked for
const LOADING_MS = 120_000; // the first time, packages are bundled

type Host = "bench" | "rivals" | "pool";

/** The sources as pages; `cache` is a folder of its own for the packages that the entries import. */
export async function servePages(entries: string[], cache: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = await createServer({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    configFile: false,
    logLevel: "error",
    server: { port: 0, host: "127.0.0.1", hmr: false, watch: null },
    appType: "mpa",
    // Packages are bundled for the page before it is opened: those that only turn up while it runs would load it anew.
    cacheDir: `.cache/${cache}`,
    optimizeDeps: { entries },
  });
  await server.listen();
  return { url: `${server.resolvedUrls?.local[0]}`, close: () => server.close() };
}

/** A page, once it has put its host into its window. */
export async function openPage(browser: Browser, url: string, path: string, object: Host): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  const failed = new Promise<never>((_, reject) => page.on("pageerror", (error) => reject(new Error(`${path}: ${error.message}`))));
  await page.goto(`${url}${path}`);
  await Promise.race([failed, page.waitForFunction((name) => name in window, object, { timeout: LOADING_MS })]);
  return page;
}

type Call = (...values: readonly unknown[]) => Promise<unknown>;

/** The methods of an object that a page has put into its window, called from here. */
export function callsInto(page: Page, object: Host, methods: readonly string[]): Readonly<Record<string, Call>> {
  const call =
    (method: string): Call =>
    async (...values) => {
      const answer = page.evaluate(
        ([holder, name, given]) => {
          const host = (window as unknown as Record<string, Record<string, (...given: readonly unknown[]) => unknown>>)[holder];
          return host[name](...given);
        },
        [object, method, values] as [string, string, unknown[]],
      );
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const error = new Error(`expected the page's answer to ${method} ${JSON.stringify(values)} in ${DEADLINE_MS / 1000} s, got none`);
        timer = setTimeout(() => reject(error), DEADLINE_MS);
      });
      return Promise.race([answer, late]).finally(() => clearTimeout(timer));
    };
  return Object.fromEntries(methods.map((method) => [method, call(method)]));
}
