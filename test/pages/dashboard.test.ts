import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPages } from "./builtPages.ts";
import { type MockCoordinator, startMock } from "./mock.ts";
import type { MockOptions } from "./mockRun.ts";
import { clipped, LOOKS, launchBrowser, look, type OpenPage, openPage, overflow, screenshot } from "./openPage.ts";

const scenes = {
  waiting: { peers: 0, steps: 0, phase: "waiting" },
  "waiting-here-only": { peers: 0, steps: 0, phase: "waiting", joinUrl: "http://127.0.0.1:8080/join?token=mZk3nq7VtY5xPw2Lc8Rj" },
  "waiting-elsewhere": { peers: 0, steps: 0, phase: "waiting", joinUrl: null },
  "running-elsewhere": { peers: 3, steps: 300, phase: "running", joinUrl: null },
  joining: { peers: 3, steps: 0, phase: "waiting" },
  alone: { peers: 1, steps: 40, phase: "running" },
  running: { peers: 6, steps: 1000, phase: "running" },
  "thirty-peers": { peers: 30, steps: 1000, phase: "running", synthetic: true },
  alarm: { peers: 8, steps: 1000, phase: "running", alarm: true },
  finished: { peers: 6, steps: 1960, phase: "finished" },
} as const satisfies Record<string, MockOptions>;

let browser: Browser;
let pages: string;
const mocks: MockCoordinator[] = [];

beforeAll(async () => {
  [browser, pages] = await Promise.all([launchBrowser(), buildPages("dashboard", { harness: true })]);
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  for (const mock of mocks.splice(0)) await mock.close();
});
afterAll(() => browser.close());

async function open(options: MockOptions): Promise<OpenPage & { readonly mock: MockCoordinator }> {
  const mock = await startMock(pages, options);
  mocks.push(mock);
  const opened = await openPage(browser, mock.origin);
  await opened.page.waitForSelector('body[data-view="run"], body[data-view="empty"]');
  if (options.steps > 1) await opened.page.waitForSelector("#learning-plot canvas");
  return { ...opened, mock };
}

const textOf = async (page: Page, selector: string): Promise<string> => ((await page.textContent(selector)) ?? "").trim();

/** How many pixels of a chart are not the background. */
const inked = (page: Page, plot: string): Promise<number> =>
  page.$eval(`${plot} canvas`, (canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const pixels = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
    let count = 0;
    for (let i = 3; i < pixels.length; i += 4) if (pixels[i] > 0) count++;
    return count;
  });

test.each(Object.entries(scenes))(
  "the dashboard of a run that is %s fits a desk and a phone, light and dark, and complains of nothing",
  async (name, options) => {
    const { page, problems } = await open(options);
    for (const each of LOOKS) {
      await look(page, each);
      const scene = `${name}-${each.width}-${each.scheme}`;
      expect(await overflow(page), scene).toBe(0);
      expect(await clipped(page), scene).toEqual([]);
      if (options.steps > 1) expect(await inked(page, "#learning-plot"), scene).toBeGreaterThan(1000);
      await screenshot(page, `dashboard-${scene}`);
    }
    expect(problems).toEqual([]);
  },
);

describe("the dashboard", () => {
  test("shows the headline numbers of the run", async () => {
    const { page } = await open(scenes.running);
    expect(await textOf(page, "#step")).toBe("1,000");
    expect(await textOf(page, "#steps")).toBe("of 1,960 (51.0%)");
    expect(await textOf(page, "#peers-contributing")).toBe("6");
    expect(await textOf(page, "#global-batch")).toBe("512 images (16 × 32)");
    expect(await textOf(page, "#best-accuracy")).toMatch(/^\d\d\.\d\d%$/);
    expect(await textOf(page, "#eta")).toBe("5 min 55 s");
    expect(await textOf(page, "#bits-sentence")).toBe("All 6 peers hold the same parameters, to the bit.");
    expect(await page.locator("#peer-rows tr").count()).toBe(6);
    expect(await page.locator("#events li").count()).toBe(9);
  });

  test("goes on with every update, and leaves alone the rows of peers that did not change", async () => {
    const { page, mock } = await open(scenes.running);
    await page.evaluate(() => {
      const changes: string[] = [];
      new MutationObserver((records) => changes.push(...records.map(({ target }) => target.nodeName))).observe(
        document.querySelector("#peer-rows td.name") as Element,
        { subtree: true, childList: true, characterData: true },
      );
      Object.assign(window, { changes });
    });
    mock.advance(5);
    await page.waitForFunction(() => document.getElementById("step")?.textContent === "1,005");
    expect(await textOf(page, "#bits-step")).toBe("step 1,004");
    expect(await page.evaluate(() => (window as unknown as { changes: string[] }).changes)).toEqual([]);
  });

  test("shows the join link and its QR code while nobody is there, and says when the link works here only", async () => {
    const { page } = await open(scenes.waiting);
    expect(await page.getAttribute(".first-peer .join-link", "href")).toBe("http://192.168.1.20:8080/join?token=mZk3nq7VtY5xPw2Lc8Rj");
    expect(await page.locator(".first-peer .qr svg path").count()).toBeGreaterThan(0);
    expect(await page.isVisible(".first-peer .local-note")).toBe(false);
    const local = await open(scenes["waiting-here-only"]);
    expect(await textOf(local.page, ".first-peer .local-note")).toContain("this computer only");
  });

  test("WS5 on another machine it has no join link, and says where there is one", async () => {
    for (const [scene, place] of [
      [scenes["waiting-elsewhere"], ".first-peer"],
      [scenes["running-elsewhere"], ".join"],
    ] as const) {
      const { page, problems } = await open(scene);
      expect(await page.locator(".join-link:visible, .copy:visible, .qr:visible, .local-note:visible").count()).toBe(0);
      expect(await page.locator(`${place} .without-link`).innerText()).toContain("Ask for the join link where the coordinator runs");
      expect(problems).toEqual([]);
    }
    const { page } = await open(scenes.running);
    expect(await page.locator(".without-link:visible").count()).toBe(0);
    expect(await page.isVisible(".join .qr svg")).toBe(true);
  });

  test("shows an alarm until it is dismissed", async () => {
    const { page } = await open(scenes.alarm);
    expect(await textOf(page, "#alarm-text")).toContain("Otter reported other bits for step 901");
    expect(await textOf(page, "#bits-sentence")).toBe("5 of 6 peers agree. Other bits: Otter.");
    expect(await textOf(page, '#peer-rows tr:nth-child(6) [data-agrees="no"]')).toBe("✗ differs");
    await page.click("#alarm-dismiss");
    expect(await page.isVisible("#alarm")).toBe(false);
  });

  test("says when the data are the synthetic stand-in, and only then", async () => {
    const synthetic = await open(scenes["thirty-peers"]);
    expect(await synthetic.page.isVisible("#synthetic")).toBe(true);
    const real = await open(scenes.running);
    expect(await real.page.isVisible("#synthetic")).toBe(false);
  });

  test("says that the connection is lost, and comes back by itself with all that happened meanwhile", async () => {
    const { page, mock } = await open(scenes.running);
    mock.setReachable(false);
    await page.waitForSelector("#lost:not([hidden])");
    expect(await textOf(page, "#connection")).toBe("Not connected");
    expect(await textOf(page, "#lost-text")).toContain("trying again in");
    mock.advance(7);
    mock.setReachable(true);
    await page.waitForFunction(() => document.getElementById("step")?.textContent === "1,007");
    expect(await page.isVisible("#lost")).toBe(false);
    expect(await textOf(page, "#connection")).toBe("Live");
    expect(await page.locator("#events li").count()).toBe(9);
  });

  test("draws 100,000 steps thinned, says so, and shows every step when zoomed", async () => {
    const { page, problems } = await open({ peers: 30, steps: 100_000, phase: "running" });
    expect(await textOf(page, "#thinned")).toContain("100,000 steps, drawn in groups of 64");
    expect(await inked(page, "#learning-plot")).toBeGreaterThan(10_000);
    await screenshot(page, "dashboard-100000-steps-1440-light");
    const box = await page.locator("#learning-plot .u-over").boundingBox();
    if (box === null) throw new Error("the chart should have a plotting area, but has none");
    await page.mouse.move(box.x + 200, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 205, box.y + 100);
    await page.mouse.up();
    await page.waitForFunction(() => /^[\d,]+ steps$/.test(document.getElementById("thinned")?.textContent ?? ""));
    expect(await page.isVisible("#reset-zoom")).toBe(true);
    await page.click("#reset-zoom");
    await page.waitForFunction(() => document.getElementById("thinned")?.textContent?.startsWith("100,000 steps"));
    expect(problems).toEqual([]);
  });

  test("keeps up at 100,000 steps: drawing an update takes less time than there is until the next one", async () => {
    const { page, mock } = await open({ peers: 30, steps: 100_000, phase: "running" });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable");
    const busySeconds = async (): Promise<number> => {
      const { metrics } = await devtools.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
    };
    const before = await busySeconds();
    const updates = 8;
    for (let i = 1; i <= updates; i++) {
      mock.advance(1);
      await page.waitForFunction((step) => document.getElementById("step")?.textContent === step, (100_000 + i).toLocaleString("en"));
    }
    expect((await busySeconds()) - before).toBeLessThan(updates * 0.25);
  });

  test("is used by keyboard: the chart is read with arrows, zoomed with plus, and switched to time and to log loss", async () => {
    const { page, problems } = await open(scenes.running);
    expect(await textOf(page, "#readout-where")).toBe("Latest: step 999");
    await page.focus("#learning-plot");
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction(() => !document.getElementById("readout-where")?.textContent?.startsWith("Latest"));
    await page.keyboard.press("+");
    await page.waitForSelector("#reset-zoom:not([hidden])");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#reset-zoom", { state: "hidden" });
    await page.focus('input[name="axis"][value="step"]');
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => /^Latest: 6 min/.test(document.getElementById("readout-where")?.textContent ?? ""));
    await page.focus("#log-loss");
    await page.keyboard.press("Space");
    await page.focus("#smoothing");
    await page.keyboard.press("Home");
    await page.waitForFunction(() => document.getElementById("smoothing-steps")?.textContent === "none");
    expect(await inked(page, "#learning-plot")).toBeGreaterThan(1000);
    await screenshot(page, "dashboard-time-and-log-1440-light");
    expect(problems).toEqual([]);
  });

  test("follows the reader from light to dark, charts too", async () => {
    const { page } = await open(scenes.running);
    await page.$eval("#learning-plot canvas", (canvas) => canvas.setAttribute("data-before", ""));
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForSelector("#learning-plot canvas:not([data-before])");
    expect(await inked(page, "#learning-plot")).toBeGreaterThan(1000);
  });

  test("saves every step as CSV", async () => {
    const { page } = await open(scenes.running);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#export-csv")]);
    expect(download.suggestedFilename()).toBe("amber-heron-0505.csv");
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().trimEnd().split("\n");
    expect(lines).toHaveLength(1001);
    expect(lines[1]).toMatch(/^0,0,\d+,[\d.]+,[\d.]+,0,512,6,0,0,false,[0-9a-f]{16},,$/);
  });
});
