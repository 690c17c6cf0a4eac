import { readdirSync, readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPages } from "./builtPages.ts";
import { type MockCoordinator, startMock } from "./mock.ts";
import { launchBrowser, openPage } from "./openPage.ts";

let browser: Browser;
let mock: MockCoordinator;
let pages: string;

beforeAll(async () => {
  [browser, pages] = await Promise.all([launchBrowser(), buildPages("build")]);
  mock = await startMock(pages, { peers: 0, steps: 0, phase: "waiting" });
});
afterAll(async () => {
  await browser.close();
  await mock.close();
});

describe("the built pages", () => {
  test("lie at the top of the output, with hashed assets beside them and nothing else", () => {
    expect(readdirSync(pages).sort()).toEqual(["assets", "index.html", "join.html"]);
    for (const asset of readdirSync(`${pages}/assets`)) expect(asset).toMatch(/-[\w-]{8}\.(js|css|svg)$/);
  });

  test.each(["index.html", "join.html"])("need nothing from elsewhere, and no inline script or style: %s", (name) => {
    const html = readFileSync(`${pages}/${name}`, "utf8");
    const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    for (const address of addresses) expect(address).toMatch(/^\/(assets\/|$)/);
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style| style="/);
  });

  test("open without complaint, join page and dashboard", async () => {
    for (const path of ["/", "/join?token=secret"]) {
      const { page, problems } = await openPage(browser, `${mock.origin}${path}`);
      await page.waitForSelector('body[data-view="empty"], #join:enabled');
      expect(problems).toEqual([]);
      await page.close();
    }
  });
});
