import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { PeerStatus } from "../../worker/session/status.ts";
import { buildPages } from "./builtPages.ts";
import { joinScenes, training } from "./joinScenes.ts";
import { type MockCoordinator, startMock } from "./mock.ts";
import { clipped, LOOKS, launchBrowser, look, type OpenPage, openPage, overflow, screenshot } from "./openPage.ts";

let browser: Browser;
let mock: MockCoordinator;

beforeAll(async () => {
  const [launched, pages] = await Promise.all([launchBrowser(), buildPages("join", { harness: true })]);
  browser = launched;
  mock = await startMock(pages, { peers: 0, steps: 0, phase: "waiting" });
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await browser.close();
  await mock.close();
});

const open = (query = "?token=secret"): Promise<OpenPage> => openPage(browser, `${mock.origin}/join${query}`);

const tell = (page: Page, status: PeerStatus): Promise<void> => page.evaluate((told) => window.harness.tell(told), status);

const field = async (page: Page, name: string): Promise<string> => ((await page.textContent(`[data-field="${name}"]`)) ?? "").trim();

async function inEveryLook(page: Page, name: string): Promise<void> {
  for (const each of LOOKS) {
    await look(page, each);
    const scene = `${name}-${each.width}-${each.scheme}`;
    expect(await overflow(page), scene).toBe(0);
    expect(await clipped(page), scene).toEqual([]);
    await screenshot(page, `join-${scene}`);
  }
}

describe("the join page", () => {
  test("asks for one click", async () => {
    const { page, problems } = await open();
    expect(await page.inputValue("#nickname")).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
    expect(await page.locator("form button:visible").allTextContents()).toEqual(["Join training"]);
    await inEveryLook(page, "welcome");
    expect(problems).toEqual([]);
  });

  test("joins with the name, the token and the workers that were chosen", async () => {
    const { page } = await open();
    await page.fill("#nickname", "  Kite ");
    await page.check('input[value="eco"]', { force: true });
    await page.click("#join");
    expect(await page.evaluate(() => window.harness.joined)).toEqual([
      { origin: mock.origin, token: "secret", name: "Kite", workers: 1, identity: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    expect(await page.isVisible("#welcome")).toBe(false);
  });

  test("joins at once when the link says so, with the link's name and workers", async () => {
    const { page } = await open("?token=secret&auto&name=Fox&workers=3");
    expect(await page.evaluate(() => window.harness.joined)).toEqual([
      { origin: mock.origin, token: "secret", name: "Fox", workers: 3, identity: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
  });

  test("says that a link without a token leads nowhere, and joins nothing", async () => {
    const { page } = await open("?auto");
    expect(await page.textContent("#obstacle")).toContain("no join token");
    expect(await page.isDisabled("#join")).toBe(true);
    expect(await page.evaluate(() => window.harness.joined)).toEqual([]);
  });

  test.each(joinScenes)("shows a peer that is %s", async (name, statuses) => {
    const { page, problems } = await open("?token=secret&auto&name=Merry%20Otter");
    for (const status of statuses) await tell(page, status);
    expect(await field(page, "sentence")).toContain(statuses.at(-1)?.sentence);
    await inEveryLook(page, name);
    expect(problems).toEqual([]);
  });

  test("shows what this tab contributes, and the swarm beside it", async () => {
    const { page } = await open("?token=secret&auto");
    await tell(page, training);
    expect(await field(page, "imagesPerSecond")).toBe("213");
    expect(await field(page, "share")).toBe("18.8%");
    expect(await field(page, "imagesDone")).toBe("58,752");
    expect(await field(page, "bytesSent")).toBe("1.1 GB");
    expect(await field(page, "loss")).toBe("0.552");
    expect(await field(page, "accuracy")).toBe("80.3%");
    expect(await field(page, "hash")).toBe("a3f1 09bc 77de 0142");
    expect(await page.isVisible("#steps")).toBe(false);
  });

  test("leaves by its button, and when the page goes", async () => {
    const { page } = await open("?token=secret&auto");
    await tell(page, training);
    await page.click("#leave");
    expect(await page.evaluate(() => window.harness.left)).toBe(1);
    expect(await page.isDisabled("#leave")).toBe(true);
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide")));
    expect(await page.evaluate(() => window.harness.left)).toBe(2);
  });

  test("tells its peer when the tab goes to the background and comes back", async () => {
    const { page } = await open("?token=secret&auto");
    await page.evaluate(() => {
      for (const hidden of [true, false]) {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }
    });
    expect(await page.evaluate(() => window.harness.hidden)).toEqual([true, false]);
  });

  test("marks the step of joining at which an error came", async () => {
    const { page } = await open("?token=secret&auto");
    await tell(page, joinScenes.find(([name]) => name === "linking")?.[1].at(-1) as PeerStatus);
    await page.evaluate(() => window.harness.fail("the connection to the coordinator was lost"));
    await page.waitForSelector('body[data-stage="failed"]');
    expect(await field(page, "sentence")).toBe("The connection to the coordinator was lost. Joining again usually helps.");
    expect(await page.textContent('#steps [data-state="failed"] .name')).toBe("Training data");
  });

  test("keeps the words of a peer that has ended, whatever error follows", async () => {
    const { page } = await open("?token=secret&auto");
    const refused = joinScenes.find(([name]) => name === "refused")?.[1].at(-1) as PeerStatus;
    await tell(page, refused);
    await page.evaluate(() => window.harness.fail("the socket was closed"));
    await page.evaluate(() => Promise.resolve());
    expect(await field(page, "sentence")).toBe(refused.sentence);
    expect(await page.isVisible("#again")).toBe(true);
  });

  test("says an error that nobody foresaw, and offers to join again under the same name", async () => {
    const { page } = await open("?token=secret");
    await page.fill("#nickname", "Kite");
    await page.click("#join");
    await page.evaluate(() => window.harness.fail("The engine should have 4096 pages of memory, but the browser gave none."));
    await page.waitForSelector('body[data-stage="failed"]');
    expect(await field(page, "sentence")).toContain("4096 pages of memory");
    await page.click("#again");
    await page.waitForFunction(() => (document.getElementById("nickname") as HTMLInputElement | null)?.value === "Kite");
  });
});
