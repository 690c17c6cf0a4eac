import { expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { type Outcome, type PlannedFault, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";

/** 64 slots of 20 ms: a step takes four equal peers 320 ms. */
const SLOTS = 64;
const SLOT_MS = 20;
const STEPS = 250;
const config = simulatedConfig({
  slots: SLOTS,
  steps: STEPS,
  evaluate: false,
  dataset: { ...simulatedConfig().dataset, trainRecords: 2000 },
});

/** Shares have settled by then. Audits would compute slots twice on purpose; here nothing but lateness may. */
const STEADY = 100;

const stepMs = ({ doneAt }: Outcome): number => ((doneAt.get(STEPS - 1) as number) - (doneAt.get(STEADY - 1) as number)) / (STEPS - STEADY);

const slowed =
  (slowness: number): PlannedFault =>
  (swarm) => {
    swarm.seats[3].slowness = slowness;
  };

test.each([1, 10, 100])(
  "AS1 ME15 ME19 four peers, one %ix slower: 0.8 of the sum of their speeds, and hardly a slot twice",
  async (slowness) => {
    const outcome = await simulate({
      config,
      seed: 7,
      peers: 4,
      faults: noFaults,
      minPeers: 4,
      auditShare: 0,
      at: new Map([[0, slowed(slowness)]]),
    });
    const idealMs = (SLOTS * SLOT_MS) / (3 + 1 / slowness);
    expect(idealMs / stepMs(outcome)).toBeGreaterThanOrEqual(0.8);
    expect(outcome.slotsComputed).toBeLessThanOrEqual(1.05 * SLOTS * STEPS);
    expect(outcome.reasons.filter((reason) => /lost|silent|join again/.test(reason))).toEqual([]);
  },
);

test("ME15 a peer that was slow and is no longer gets its share back", async () => {
  const at = new Map<number, PlannedFault>([
    [0, slowed(100)],
    [5_000, slowed(1)],
  ]);
  const outcome = await simulate({ config, seed: 7, peers: 4, faults: noFaults, minPeers: 4, auditShare: 0, at });
  const idealMs = (SLOTS * SLOT_MS) / 4;
  expect(idealMs / stepMs(outcome)).toBeGreaterThanOrEqual(0.8);
});
