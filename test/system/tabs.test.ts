import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumArguments, findBrowser } from "../../coordinator/browser/chromium.ts";
import type { Dataset } from "../../coordinator/data/dataset.ts";
import { findDataset } from "../../coordinator/data/findDataset.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { type ServedRun, serveRun } from "../../coordinator/run/serveRun.ts";
import { cifar10Folder, needsShared, sharedIsThere } from "../shared.ts";
import { temporaryRuns } from "./temporaryRuns.ts";

const screenshots = fileURLToPath(new URL("../../.cache/screenshots/", import.meta.url));
const STEPS = 40;

/** Real coordinator, real pages, real data channels, real images: only the number of steps is small. */
describe.skipIf(!sharedIsThere)(`tabs of a real Chromium${needsShared}`, () => {
  let browser: Browser;
  let dataset: Dataset;
  const reasons: string[] = [];
  const open: ServedRun[] = [];

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    dataset = await findDataset({ data: cifar10Folder(), environment: {}, say: () => undefined });
    browser = await chromium.launch({ executablePath: findBrowser(), args: [...chromiumArguments] });
  });
  afterAll(async () => {
    await browser?.close();
    for (const run of open) await run.close();
  });

  async function serve(minPeers: number, onCommit: () => void = () => undefined): Promise<ServedRun> {
    const config = toRunConfig({ model: "lenet5", steps: STEPS, evaluate: false }, dataset.info);
    const onReason = ({ text }: { text: string }) => reasons.push(text);
    const run = await serveRun({ dataset, config, host: "127.0.0.1", port: 0, root: temporaryRuns, minPeers, onReason, onCommit });
    open.push(run);
    return run;
  }

  async function joinTab(run: ServedRun, name: string) {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`${run.joinUrls[0]}&auto&name=${name}&workers=1`);
    return { page, errors };
  }

  const hashOf = ({ coordinator: { membership } }: ServedRun) => membership.hashes.get(membership.committed - 1);

  test("AR1 AR2 two tabs, one of them closed in the middle, end with the bits of one undisturbed tab", { timeout: 240_000 }, async () => {
    const alone = await serve(1);
    const only = await joinTab(alone, "Only");
    await alone.finished;
    await only.page.close();

    let closing: Promise<void> | undefined;
    const run = await serve(2, () => {
      if (run.coordinator.membership.committed === 10) closing = second.page.close();
    });
    const dashboard = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await dashboard.goto(run.dashboardUrl);
    const first = await joinTab(run, "Stays");
    const second = await joinTab(run, "Goes");
    await run.finished;
    await closing;
    await first.page.getByText("complete", { exact: false }).first().waitFor();
    await dashboard.screenshot({ path: `${screenshots}real-dashboard.png`, fullPage: true });
    await first.page.screenshot({ path: `${screenshots}real-join.png`, fullPage: true });

    expect(reasons.filter((text) => text.startsWith("Goes (peer 2) left"))).toHaveLength(1);
    expect(run.coordinator.membership.committed).toBe(STEPS);
    expect(hashOf(run)).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf(run)).toBe(hashOf(alone));
    expect([...only.errors, ...first.errors, ...second.errors]).toEqual([]);
  });

  test("AR1 a tab and a headless peer train one run together", { timeout: 240_000 }, async () => {
    const run = await serve(2);
    const tab = await joinTab(run, "Tab");
    const headless = new HeadlessPeers(run.joinUrls[0] as string, 2, TYPESCRIPT);
    await headless.start();
    await Promise.race([run.finished, headless.failed]);
    await headless.finish(10_000);
    expect(hashOf(run)).toBe(hashOf(open[0] as ServedRun));
    expect(tab.errors).toEqual([]);
  });
});

/** The test runner compiles TypeScript by itself; a process of its own needs to be told how. */
const TYPESCRIPT = ["--import", "tsx"];
