import { expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { type PlannedFault, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";

const PEERS = 8;
const JOINS = 50;
const STORM_MS = 5000;
/** When the storm begins: shares and permits have settled. */
const BEGINS_MS = 5000;

const config = simulatedConfig({
  slots: 64,
  steps: 200,
  evaluate: false,
  dataset: { ...simulatedConfig().dataset, trainRecords: 2000 },
});

/** So many at moments that the seed decides; `met` says what happens to each a moment after it has come. */
const storm =
  (met: PlannedFault): PlannedFault =>
  (swarm) => {
    for (let i = 0; i < JOINS; i++) {
      swarm.time.after(BEGINS_MS + STORM_MS * swarm.time.random(), () => {
        swarm.join();
        met(swarm);
      });
    }
  };

const newcomers: Record<string, PlannedFault> = {
  "that stay": () => undefined,
  "of whom each is frozen as soon as it has come": (swarm) => swarm.freeze(swarm.seats[swarm.seats.length - 1], 4000),
  "of whom each is gone within 200 ms": (swarm) => {
    const seat = swarm.seats[swarm.seats.length - 1];
    swarm.time.after(200 * swarm.time.random(), () => swarm.kill(seat));
  },
};

test.each(Object.keys(newcomers))(
  "ME6 50 newcomers in 5 s, %s, hold nobody up: 0.9 of the rounds that would have been done",
  async (name) => {
    const alone = await simulate({ config, seed: 3, peers: 1, faults: noFaults });
    const at = new Map([[0, storm(newcomers[name] as PlannedFault)]]);
    const { hash, doneAt } = await simulate({ config, seed: 3, peers: PEERS, faults: noFaults, minPeers: PEERS, at });
    const roundsIn = (from: number, until: number): number => [...doneAt.values()].filter((ms) => ms >= from && ms < until).length;
    const before = roundsIn(BEGINS_MS - STORM_MS / 2, BEGINS_MS) * 2;
    expect(roundsIn(BEGINS_MS, BEGINS_MS + STORM_MS)).toBeGreaterThanOrEqual(0.9 * before);
    expect(hash).toBe(alone.hash);
  },
);
