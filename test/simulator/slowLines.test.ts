import { expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { portOf } from "./network.ts";
import { type Outcome, type PlannedFault, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import { standIns } from "./standInReplica.ts";

/** 1 Mb/s, 100 ms. */
const SLOW = { bytesPerMs: 125, latencyMs: 100 };

/** 1 Gb/s. */
const GOOD = { bytesPerMs: 125_000 };

/** Shared out evenly by three and by four. */
const SLOTS = 24;
const SLOT_MS = 50;

/** Of the rounds in the second half it is told how long they take. */
const half = (steps: number): number => Math.floor(steps / 2);

/** Integers of full range, which do not pack. */
const vectorOf = (bytes: number) => standIns({ train: { length: bytes / 4, sumLength: 0 }, evaluate: { length: 3, sumLength: 3 } });
const MODELS = [
  ["250 KB as LeNet-5's", vectorOf(250_000), 140],
  ["1 MB as ResNet-20's", vectorOf(1_080_000), 70],
] as const;

type Kit = ReturnType<typeof vectorOf>;

function run(kit: Kit, steps: number, peers: number, fault: PlannedFault, slotMs = SLOT_MS): Promise<Outcome> {
  const begin: PlannedFault = (swarm) => {
    swarm.slotMs = () => slotMs;
    for (const seat of swarm.seats) Object.assign(seat, GOOD);
    fault(swarm);
  };
  const dataset = { ...simulatedConfig().dataset, trainRecords: 480 };
  const config = simulatedConfig({ slots: SLOTS, steps, evaluate: false, dataset });
  return simulate({ config, seed: 3, peers, faults: noFaults, minPeers: peers, auditShare: 0, kit, at: new Map([[0, begin]]) });
}

const stepMs = ({ doneAt }: Outcome, steps: number): number =>
  ((doneAt.get(steps - 1) as number) - (doneAt.get(half(steps) - 1) as number)) / (steps - half(steps));

const idealMs = (peers: number, slotMs = SLOT_MS): number => (SLOTS * slotMs) / peers;

const nothing: PlannedFault = () => undefined;
const slowPeer: PlannedFault = (swarm) => {
  Object.assign(swarm.seats[3], SLOW);
};

/** Between two peers only: each of them has a good line to all others. */
const slowPair: PlannedFault = (swarm) => {
  const port = { ...portOf(SLOW.bytesPerMs), latencyMs: SLOW.latencyMs / 2 };
  const ends = new Set([swarm.seats[0].peer.name, swarm.seats[3].peer.name]);
  swarm.between = (from, to) => (ends.has(from.peer.name) && ends.has(to.peer.name) ? [port] : []);
};

const expelled = ({ reasons }: Outcome): string[] => reasons.filter((reason) => /lost|silent|refused/.test(reason));

test.each(MODELS)("LI1 LI4 LI5 one of four peers has a line of 1 Mb/s, %s: 0.8 of the speeds of the others", async (_, kit, steps) => {
  const outcome = await run(kit, steps, 4, slowPeer);
  expect(idealMs(3) / stepMs(outcome, steps)).toBeGreaterThanOrEqual(0.8);
  expect(expelled(outcome)).toEqual([]);
  expect(outcome.hash).toBe((await run(kit, steps, 1, nothing)).hash);
});

test.each(MODELS)("LI2 a line of 1 Mb/s between two of four peers, %s: 0.8 of the speeds of all four", async (_, kit, steps) => {
  const outcome = await run(kit, steps, 4, slowPair);
  expect(idealMs(4) / stepMs(outcome, steps)).toBeGreaterThanOrEqual(0.8);
  expect(expelled(outcome)).toEqual([]);
});

test("LI3 a peer that computes more than its slow line takes goes on as a member", async () => {
  const [steps, slotMs] = [24, 4000];
  const outcome = await run(MODELS[0][1], steps, 4, slowPeer, slotMs);
  expect(stepMs(outcome, steps)).toBeLessThan(idealMs(3, slotMs));
  expect(expelled(outcome)).toEqual([]);
});
