import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Dataset } from "../../coordinator/data/dataset.ts";
import { findDataset } from "../../coordinator/data/findDataset.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { peersAt } from "../../coordinator/run/membership.ts";
import { type ServedRun, serveRun } from "../../coordinator/run/serveRun.ts";
import { cifar10Folder, needsShared, sharedIsThere } from "../shared.ts";
import { temporaryRuns } from "./temporaryRuns.ts";

const STEPS = 120;
const TYPESCRIPT = ["--import", "tsx"];

interface Scene {
  readonly run: ServedRun;
  readonly peers: HeadlessPeers;
}

interface Fault {
  readonly name: string;
  readonly peers: number;
  /** Called with every committed round. */
  readonly happen: (scene: Scene, committed: number) => void;
  /** A sentence that the dashboard must have shown, and how often at least. */
  readonly said: RegExp;
  readonly times: number;
}

const faults: readonly Fault[] = [
  {
    name: "one of two processes is killed",
    peers: 2,
    happen: ({ peers }, committed) => void (committed === 30 && peers.kill(0)),
    said: /left without a word in round \d+; its \d+ slots and its slices are others' now, no step is lost/g,
    times: 1,
  },
  {
    name: "all but one of four processes are killed at once",
    peers: 4,
    happen: ({ peers }, committed) => {
      if (committed === 20) for (let i = 0; i < 3; i++) void peers.kill(0);
    },
    said: /left without a word/g,
    times: 3,
  },
  {
    name: "a newcomer is killed while it gets the state",
    peers: 2,
    happen: ({ run, peers }, committed) => {
      if (committed === 5) void peers.start();
      const newcomer = run.coordinator.membership.peers.get(3);
      if (newcomer?.stage === "observer" && peers.count === 3) void peers.kill(0.99);
    },
    said: /left without a word (before it took part|while it followed the run)/g,
    times: 1,
  },
  {
    name: "a process is frozen for 5 s, and goes on",
    peers: 3,
    happen: ({ peers }, committed) => {
      if (committed !== 30) return;
      peers.signal(1, "SIGSTOP");
      setTimeout(() => peers.signal(1, "SIGCONT"), 5000);
    },
    said: /(is|are) late in round \d+: \d+ ms instead of at most \d+; others compute the \d+ slots too/g,
    times: 1,
  },
];

const killed = /left without a word/g;

/** Kills so many at once, when so many rounds are committed. */
const killAt =
  (round: number, count: number): Fault["happen"] =>
  ({ peers }, committed) => {
    if (committed === round) for (let i = 0; i < count; i++) void peers.kill(0);
  };

/** Eight processes: the cell that is hardest, in every run of the tests. */
const ofEight: readonly Fault[] = [
  { name: "all but one of eight are killed at once", peers: 8, happen: killAt(20, 7), said: killed, times: 7 },
];

/** The other cells of eight, with TABGRAD_KILL_MATRIX: they take minutes. */
const furtherOfEight: readonly Fault[] = [
  { name: "one of eight is killed in the first round", peers: 8, happen: killAt(1, 1), said: killed, times: 1 },
  { name: "one of eight is killed in the middle", peers: 8, happen: killAt(60, 1), said: killed, times: 1 },
  { name: "one of eight is killed in the last round", peers: 8, happen: killAt(STEPS - 1, 1), said: killed, times: 0 },
  { name: "half of eight are killed at once", peers: 8, happen: killAt(40, 4), said: killed, times: 4 },
  {
    name: "six of eight are killed, one a round",
    peers: 8,
    happen: ({ peers }, committed) => void (committed >= 30 && committed < 36 && peers.kill(0)),
    said: killed,
    times: 6,
  },
  {
    name: "one of eight is killed while it gets the state",
    peers: 7,
    happen: ({ run, peers }, committed) => {
      if (committed === 5) void peers.start();
      const newcomer = run.coordinator.membership.peers.get(8);
      if (newcomer?.stage === "observer" && peers.count === 8) void peers.kill(0.99);
    },
    said: /left without a word (before it took part|while it followed the run)/g,
    times: 1,
  },
  {
    name: "all seven members are killed but one while an eighth gets the state",
    peers: 7,
    happen: ({ run, peers }, committed) => {
      if (committed === 5) void peers.start();
      if (run.coordinator.membership.peers.get(8)?.stage === "observer" && peers.count === 8)
        for (let i = 0; i < 6; i++) void peers.kill(0);
    },
    said: killed,
    times: 6,
  },
  {
    name: "half of eight are frozen for 5 s, and go on",
    peers: 8,
    happen: ({ peers }, committed) => {
      if (committed !== 30) return;
      for (let i = 0; i < 4; i++) peers.signal(i, "SIGSTOP");
      setTimeout(() => [0, 1, 2, 3].forEach((i) => void peers.signal(i, "SIGCONT")), 5000);
    },
    said: /are late in round \d+: \d+ ms instead of at most \d+; others compute the \d+ slots too/g,
    times: 1,
  },
];

const cells = [...faults, ...ofEight, ...(process.env["TABGRAD_KILL_MATRIX"] === undefined ? [] : furtherOfEight)];

/** Real processes, real data channels, real signals. */
describe.skipIf(!sharedIsThere)(`peers are lost${needsShared}`, () => {
  let dataset: Dataset;
  const open: Scene[] = [];

  beforeAll(async () => {
    dataset = await findDataset({ data: cifar10Folder(), environment: {}, say: () => undefined });
  });
  afterAll(async () => {
    for (const { run, peers } of open) {
      await peers.finish(100);
      await run.close();
    }
  });

  async function trainWith(count: number, happen: Fault["happen"]): Promise<{ run: ServedRun; said: string }> {
    const said: string[] = [];
    const config = toRunConfig({ model: "lenet5", steps: STEPS, evaluate: false }, dataset.info);
    const onReason = ({ text }: { text: string }) => said.push(text);
    const onCommit = () => scene !== undefined && happen(scene, run.coordinator.membership.committed);
    const run = await serveRun({ dataset, config, host: "127.0.0.1", port: 0, root: temporaryRuns, minPeers: count, onReason, onCommit });
    const peers = new HeadlessPeers(run.joinUrls[0] as string, 1, TYPESCRIPT);
    const scene: Scene = { run, peers };
    open.push(scene);
    for (let i = 0; i < count; i++) await peers.start();
    await Promise.race([run.finished, peers.failed]);
    return { run, said: said.join("\n") };
  }

  const bits = ({ coordinator: { membership } }: ServedRun) => membership.hashes.get(membership.committed - 1);
  let undisturbed: string | undefined;

  test("one undisturbed peer", { timeout: 120_000 }, async () => {
    const { run } = await trainWith(1, () => undefined);
    undisturbed = bits(run);
    expect(undisturbed).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each(cells)("AR2 $name: every step is done, with the same bits", { timeout: 240_000 }, async ({ peers, happen, said, times }) => {
    const result = await trainWith(peers, happen);
    expect(result.said.match(said)?.length ?? 0, result.said).toBeGreaterThanOrEqual(times);
    expect(result.run.coordinator.membership.committed).toBe(STEPS);
    expect(bits(result.run)).toBe(undisturbed);
    expect(peersAt(result.run.coordinator.membership, "member").length).toBeGreaterThan(0);
  });
});
