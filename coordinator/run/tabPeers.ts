import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumArguments, findBrowser } from "../browser/chromium.ts";
import type { StartedPeers } from "./peers.ts";

/** Peers in the tabs of one headless browser. */
export class TabPeers implements StartedPeers {
  readonly failed: Promise<never>;
  readonly #browser: Browser;
  readonly #joinUrl: string;
  readonly #workers: number;
  readonly #pages: Page[] = [];
  #fail: (error: Error) => void = () => undefined;
  #started = 0;

  private constructor(browser: Browser, joinUrl: string, workers: number) {
    this.#browser = browser;
    this.#joinUrl = joinUrl;
    this.#workers = workers;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined); // heard of where the run is awaited
  }

  static async launch(joinUrl: string, workers: number): Promise<TabPeers> {
    const browser = await chromium.launch({ executablePath: findBrowser(), args: [...chromiumArguments] });
    return new TabPeers(browser, joinUrl, workers);
  }

  get count(): number {
    return this.#pages.length;
  }

  async start(): Promise<void> {
    this.#started++;
    const page = await this.#browser.newPage();
    this.#pages.push(page);
    page.on("pageerror", (error) => this.#fail(new Error(`a tab failed: ${error.message}`, { cause: error })));
    page.on("crash", () => this.#fail(new Error("a tab crashed")));
    const url = new URL(this.#joinUrl);
    url.search += `&auto&name=tab-${this.#started}&workers=${this.#workers}`;
    await page.goto(url.href);
  }

  async kill(choice: number): Promise<void> {
    const [page] = this.#pages.splice(Math.floor(choice * this.#pages.length), 1);
    await page?.close();
  }

  async finish(): Promise<void> {
    await this.#browser.close();
  }
}
