import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import type { DashboardSnapshot } from "../../coordinator/protocol/dashboard.ts";
import { cifar10Folder, sharedIsThere } from "../shared.ts";
import { DistantLink, near } from "./distantLink.ts";
import { hashesAlone } from "./hashesAlone.ts";
import { ended, Speech } from "./speech.ts";

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const NODE = [process.execPath, "--import", "tsx"];
const PORT = "8123";

/** Without an end in sight: it is left when enough was seen. */
const RUN = { model: "lenet5", steps: 100_000, batch: 32, microBatch: 4, evaluate: false } as const;
const OPTIONS = ["--model", "lenet5", "--steps", "100000", "--batch", "32", "--micro-batch", "4", "--no-evaluate", "--min-peers", "4"];

/** Each of the four owns slices: one of them has 1.5 vectors of 170 KB and more a round to carry, each way. */
const SLOW = { delayMs: 50, megabitsPerSecond: 1, loss: 0 };

const obstacle = sharedIsThere ? DistantLink.obstacle() : "the shared folder is not there; set TABGRAD_SHARED";
const skipped = obstacle === undefined ? "" : ` (skipped: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`one of four peers has a line of 1 Mb/s, 100 ms away${skipped}`, () => {
  const running: ChildProcess[] = [];
  let link: DistantLink | undefined;
  afterEach(async () => {
    for (const each of running.splice(0)) await ended(each);
    await link?.close();
    link = undefined;
  });

  test("LI1 LI4 the others go on without it, with the same bits; it follows, rests, and is blamed for nothing", {
    timeout: 240_000,
  }, async () => {
    const open = await DistantLink.open(SLOW);
    link = open;
    const start = (end: "near" | "far", path: string, ...options: string[]): Speech => {
      const started = open.run(end, [...NODE, file(path), ...options]);
      running.push(started);
      return new Speech(started);
    };
    const dataset = cifar10Folder();
    const coordinator = start("near", "coordinator/commands/start.ts", ...OPTIONS, "--data", dataset, "--host", "0.0.0.0", "--port", PORT);
    const joinUrl = await coordinator.hear(new RegExp(`http://${near.replaceAll(".", "\\.")}\\S+join\\?token=\\S+`));
    for (const name of ["a", "b", "c"]) start("near", "worker/headless/peer.ts", joinUrl, "--quiet", "--name", name);
    const slow = start("far", "worker/headless/peer.ts", joinUrl, "--name", "slow");
    const look = async () => (await open.json(`http://127.0.0.1:${PORT}/api/run`)) as DashboardSnapshot;

    await coordinator.hear(
      /slow \(peer \d+\) (has a slow line: everyone had computed and waited for it in \d+ % of the time; .* follows as an observer|is late)/,
    );
    const following = await look();
    await coordinator.hear(/slow \(peer \d+\) is \d+ rounds behind and falls back further, its line being too slow: the others train on/);
    await slow.hear(
      /Your line is too slow for the run as it is now: the others train on without waiting for you\. You are asked again in \d+ s\./,
    );
    const { steps, events, state } = await look();

    expect(steps.length - following.steps.length).toBeGreaterThan(15);
    const roles = state.peers.map((peer) => `${peer.name} ${peer.state}`);
    for (const role of ["a member", "b member", "c member", "slow resting"]) expect(roles).toContain(role);
    expect(events.filter(({ kind }) => kind === "alarm")).toEqual([]);
    expect(events.filter(({ kind }) => kind === "leave").map(({ text }) => text)).toEqual([
      expect.stringMatching(/^slow .* its line being too slow/),
    ]);
    for (const each of running.splice(0)) await ended(each); // they would go on training
    expect(steps.map(({ hash }) => hash)).toEqual(await hashesAlone(RUN, steps.length));
  });
});
