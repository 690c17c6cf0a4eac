import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { createServer } from "vite";
import { chromiumArguments, findBrowser } from "../../coordinator/browser/chromium.ts";
import type { BenchHost } from "./host.ts";

export interface OpenHost {
  readonly host: BenchHost;
  readonly version: string;
  close(): Promise<void>;
}

/** A tab of Chromium that measures. */
export async function openBrowserHost(): Promise<OpenHost> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const server = await createServer({
    root,
    configFile: false,
    logLevel: "error",
    server: { port: 0, host: "127.0.0.1", hmr: false, watch: null },
    appType: "mpa",
  });
  await server.listen();
  const browser = await chromium.launch({ executablePath: findBrowser(), args: [...chromiumArguments] });
  const page = await browser.newPage();
  page.setDefaultTimeout(600_000);
  await page.goto(`${server.resolvedUrls?.local[0]}test/bench/page.html`);
  await page.waitForFunction(() => window.bench !== undefined);
  return {
    host: hostOf(page),
    version: `Chromium ${browser.version()}`,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** The methods of the page's host, called from here. */
function hostOf(page: Page): BenchHost {
  const call =
    (method: keyof BenchHost) =>
    (...values: readonly unknown[]) =>
      page.evaluate(
        ([name, given]) => {
          const host = window.bench as unknown as Record<string, (...given: readonly unknown[]) => unknown>;
          return host[name](...given);
        },
        [method, values] as [string, unknown[]],
      );
  return { prepare: call("prepare"), train: call("train"), profile: call("profile"), kernels: call("kernels") } as unknown as BenchHost;
}
