import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumArguments, findBrowser } from "../../coordinator/browser/chromium.ts";

const screenshots = fileURLToPath(new URL("../../.cache/screenshots", import.meta.url));

export interface OpenPage {
  readonly page: Page;
  /** Everything that the page complained of: console errors and warnings, exceptions, answers that were not 200. */
  readonly problems: string[];
}

export interface Look {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
}

/** A phone and a desk, each in light and dark. */
export const LOOKS: readonly Required<Look>[] = [
  { width: 1440, scheme: "light" },
  { width: 1440, scheme: "dark" },
  { width: 390, scheme: "light" },
  { width: 390, scheme: "dark" },
];

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: findBrowser(), args: [...chromiumArguments] });

export async function openPage(browser: Browser, url: string, { width = 1440, scheme = "light" }: Look = {}): Promise<OpenPage> {
  const page = await browser.newPage({
    viewport: viewport(width),
    colorScheme: scheme,
    reducedMotion: "reduce",
    timezoneId: "UTC",
  });
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url);
  return { page, problems };
}

/** Looks at the open page so: what a reader does who turns a phone or changes the theme. Returns when all of it is drawn. */
export async function look(page: Page, { width, scheme }: Required<Look>): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  await page.setViewportSize(viewport(width));
  // Sizes are observed after one frame's layout, and drawn with the next.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))));
}

const viewport = (width: number): { width: number; height: number } => ({ width, height: width < 500 ? 844 : 900 });

/** How many pixels the page is wider than its window; more than 0 means sideways scrolling. */
export const overflow = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
}

/** Texts that overlap their neighbours or are cut off: elements whose content is wider than they are, although they do not scroll. */
export const clipped = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("dd, dt, h1, h2, p, button, b, code, td, th, label, summary")]
      .filter(
        (element) =>
          element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline",
      )
      .filter((element) => element.closest(".visually-hidden") === null)
      .map(
        (element) =>
          `${element.tagName} "${element.textContent?.trim().slice(0, 40)}" is ${element.scrollWidth} px wide in ${element.clientWidth} px`,
      ),
  );
