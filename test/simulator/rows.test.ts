import { expect, test } from "vitest";
import { type Faults, faultSets, noFaults } from "./faults.ts";
import { simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import type { Swarm } from "./swarm.ts";

/** More than 32 peers: the exchange is on two levels. */
const config = simulatedConfig({ slots: 128, microBatch: 1, steps: 25 });
const alone = simulate({ config, seed: 1, peers: 1, faults: noFaults });

test.each([33, 40, 64, 100])("AR1 AR11 %i peers on two levels end every round with the bits of one peer", async (peers) => {
  const { hashes } = await simulate({ config, seed: peers, peers, faults: noFaults, minPeers: peers });
  expect(hashes).toEqual((await alone).hashes);
});

test("TO7 AR2 of 36 peers 23 leave within the run: the rest go on directly, audits too, with the same bits", async () => {
  const leave = (swarm: Swarm) => {
    for (const seat of swarm.alive().filter((_, i) => i % 3 > 0 && i < 35)) swarm.kill(seat);
  };
  const { hashes, reasons, membership } = await simulate({
    config,
    seed: 3,
    peers: 36,
    minPeers: 36,
    faults: noFaults,
    auditShare: 0.3,
    at: new Map([[9000, leave]]),
  });
  expect(hashes, reasons.join("\n")).toEqual((await alone).hashes);
  expect(reasons.join("\n")).toMatch(/13 peers are left|28 peers are left/);
  expect(membership.views.at(-1)?.members).toHaveLength(13);
  expect(membership.views.at(-1)).not.toHaveProperty("seats");
  expect(membership.audits.nextInquiry).toBeGreaterThan(20);
  expect(membership.audits.strikes.size).toBe(0);
});

/** To each of so many peers as much happens as to each of eight otherwise. */
const crowd: Faults = {
  ...faultSets["all"],
  kill: 1000,
  join: 700,
  freeze: 1900,
  slow: 1300,
  breakLink: 400,
  halfOpen: 1500,
  cutSocket: 1600,
  crashCoordinator: 15_000,
};

test.each([1, 2, 3, 4])("AR2 AR11 SI1 SI3 two levels survive faults (seed %i)", async (seed) => {
  const { hashes, reasons } = await simulate({ config, seed, peers: 30 + 6 * seed, minPeers: 30, faults: crowd });
  expect(hashes, reasons.join("\n")).toEqual((await alone).hashes);
});
