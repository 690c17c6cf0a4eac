import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { peersAt } from "../../coordinator/run/membership.ts";
import { needsShared, sharedIsThere } from "../shared.ts";
import { openTrials, type Tab, type Trials } from "./tabTrials.ts";
import { until, wasSaid } from "./trial.ts";

const FAULT_AT = 20;
const ROUNDS_AFTERWARDS = 20;

interface Fault {
  readonly name: string;
  /** What befalls the third of three tabs. */
  readonly happen: (tab: Tab) => Promise<unknown>;
  /** What the dashboard must have shown. */
  readonly said: RegExp;
  /** How many members there are in the end. */
  readonly members: number;
  /** What undoes it, when it was said. */
  readonly mend?: (tab: Tab) => Promise<unknown>;
}

const faults: readonly Fault[] = [
  {
    name: "goes to another page",
    happen: ({ page }) => page.goto("about:blank"),
    // Its farewell and the end of its worker race on a busy machine: the socket's close is noticed at once, too.
    said: /Third \(peer \d\) left (without a word )?(in round \d+; its \d+ slots and its slices are others' now, no step is lost|while it followed)/,
    members: 2,
  },
  {
    name: "crashes",
    happen: async ({ page }) => void devtools(page, "Page.crash").catch(() => undefined), // never answered: its page is gone
    said: /Third \(peer \d\) left without a word (in round \d+; its \d+ slots and its slices are others' now|while it followed)/,
    members: 2,
  },
  {
    name: "loses its connection to the coordinator, and comes back",
    happen: async ({ proxy }) => proxy.cut(),
    said: /Third \(peer \d\) left without a word/,
    members: 3,
  },
  {
    name: "loses its data channels, and is relayed",
    happen: ({ page }) => page.evaluate(endConnections),
    said: /Third \(peer \d\).* no direct connection: the coordinator relays between them/,
    members: 3,
  },
  {
    name: "is cut off without a word to either side, and comes back when the cable is in again",
    happen: async ({ proxy }) => proxy.silence(),
    said: /Third \(peer \d\) (was silent for \d+ s|fell too far behind and has to join again)/,
    members: 3,
    mend: async ({ proxy }) => proxy.heal(),
  },
  {
    name: "is stopped with its browser, and comes back when it goes on",
    happen: (tab) => signal(tab.browser, "SIGSTOP"),
    said: /Third \(peer \d\) (was silent for \d+ s|fell too far behind and has to join again)/,
    members: 3,
    mend: (tab) => signal(tab.browser, "SIGCONT"),
  },
];

/** Real tabs, of which the third has bad luck. */
describe.skipIf(!sharedIsThere)(`one of three tabs${needsShared}`, () => {
  let trials: Trials;

  beforeAll(async () => {
    trials = await openTrials();
  }, 300_000);
  afterAll(() => trials?.close());

  test.each(faults)("AR2 $name: no step is lost, the same bits", { timeout: 600_000 }, async ({ happen, said, members, mend }) => {
    const { trial, tabs } = await trials.threeTabs();
    const present = () => peersAt(trial.run.coordinator.membership, "member").length;
    await until("three tabs train", trial, () => trial.hashes.length >= FAULT_AT && present() === 3);
    const before = trial.said.length;
    await happen(tabs[2]);
    await until(`the dashboard says ${said}`, trial, () => wasSaid(trial, said, before));
    const committed = trial.hashes.length;
    await mend?.(tabs[2]);
    await until(`${members} members train on`, trial, () => present() === members && trial.hashes.length >= committed + ROUNDS_AFTERWARDS);
    trials.expectUndisturbedBits(trial);
    expect([...tabs[0].errors, ...tabs[1].errors]).toEqual([]);
    await trials.end(trial, tabs);
  });

  test("a hidden tab whose page is frozen trains on: all that trains lives in its workers", { timeout: 400_000 }, async () => {
    const { trial, tabs } = await trials.threeTabs();
    const { page } = tabs[2];
    await until("three tabs train", trial, () => trial.hashes.length >= FAULT_AT);
    await page.evaluate(hide);
    await devtools(page, "Page.setWebLifecycleState", { state: "frozen" });
    const third = () => [...trial.run.coordinator.membership.peers.values()].find(({ hello }) => hello.name === "Third");
    const frozenAt = trial.hashes.length;
    await until("the frozen tab does 60 rounds more", trial, () => (third()?.round ?? 0) >= frozenAt + 60);
    expect(third()?.hidden).toBe(true);
    expect(wasSaid(trial, /Third \(peer \d\) (left|was silent)/)).toBe(false);
    await devtools(page, "Page.setWebLifecycleState", { state: "active" });
    trials.expectUndisturbedBits(trial);
    await trials.end(trial, tabs);
  });
});

async function devtools(page: Page, method: "Page.crash" | "Page.setWebLifecycleState", parameters?: { state: string }): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send(method as "Page.setWebLifecycleState", parameters as { state: "active" });
}

/** To every process that renders a page of the browser. */
async function signal(browser: Browser, name: NodeJS.Signals): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  for (const { type, id } of processInfo) if (type === "renderer") process.kill(id, name);
}

/** In the page: ends what `traceConnections` has noted. */
function endConnections(): void {
  for (const connection of (window as unknown as { connections: RTCPeerConnection[] }).connections) connection.close();
}

/** In the page: a headless browser never hides a tab by itself. */
function hide(): void {
  Object.defineProperty(document, "hidden", { value: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
