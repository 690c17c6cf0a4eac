import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cifar10Folder, sharedIsThere } from "../shared.ts";
import { DistantLink, type LinkQuality, near } from "./distantLink.ts";
import { hashesAlone } from "./hashesAlone.ts";
import { ended, Speech } from "./speech.ts";

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const NODE = [process.execPath, "--import", "tsx"];
const STEPS = 15;
const RUN = { model: "lenet5", steps: STEPS, evaluate: false } as const;

const qualities: readonly (LinkQuality & { readonly name: string })[] = [
  { name: "a home at 20 Mb/s, 50 ms away, that loses 1 % of all packets", delayMs: 25, megabitsPerSecond: 20, loss: 0.01 },
  { name: "another continent at 10 Mb/s, 200 ms away", delayMs: 100, megabitsPerSecond: 10, loss: 0 },
  { name: "a bad radio link at 5 Mb/s that loses 5 % of all packets", delayMs: 20, megabitsPerSecond: 5, loss: 0.05 },
];

const obstacle = sharedIsThere ? DistantLink.obstacle() : "the shared folder is not there; set TABGRAD_SHARED";
const skipped = obstacle === undefined ? "" : ` (skipped: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`two peers with a bad link between them${skipped}`, () => {
  let undisturbed: string | undefined;
  const running: ChildProcess[] = [];
  let link: DistantLink | undefined;

  beforeAll(async () => {
    undisturbed = (await hashesAlone(RUN, STEPS)).at(-1);
  }, 120_000);
  afterEach(async () => {
    for (const each of running.splice(0)) await ended(each);
    await link?.close();
    link = undefined;
  });
  afterAll(() => expect(running).toEqual([]));

  test.each(qualities)("AR1 $name: every step is done, by both, with the same bits", { timeout: 240_000 }, async (quality) => {
    link = await DistantLink.open(quality);
    const options = ["--model", RUN.model, "--steps", String(STEPS), "--no-evaluate", "--min-peers", "2", "--data", cifar10Folder()];
    const coordinator = link.run("near", [
      ...NODE,
      file("coordinator/commands/start.ts"),
      ...options,
      "--host",
      "0.0.0.0",
      "--port",
      "8123",
    ]);
    running.push(coordinator);
    const said = new Speech(coordinator);
    const joinUrl = await said.hear(new RegExp(`http://${near.replaceAll(".", "\\.")}\\S+join\\?token=\\S+`));
    for (const end of ["near", "far"] as const) {
      running.push(link.run(end, [...NODE, file("worker/headless/peer.ts"), joinUrl, "--quiet", "--name", end]));
    }
    const complete = await said.hear(/every replica ends with [0-9a-f]{16}/);
    expect(complete.slice(-16)).toBe(undisturbed);
    expect(said.text).toContain("the run begins with 2 of at least 2 peers");
    expect(said.text).not.toMatch(/was silent|left|has to join again/);
  });
});
