import { expect, test } from "vitest";
import { meanLoss } from "../../coordinator/protocol/meanLoss.ts";
import { describeRound, stepsPerEpoch } from "../../coordinator/protocol/rounds.ts";
import { createComputeWorker } from "../../worker/compute/createComputeWorker.ts";
import { simulatedConfig } from "../simulator/simulatedConfig.ts";

const RECORD_BYTES = 1 + 3 * 32 * 32;
const SLOTS = 5;
const config = simulatedConfig({ slots: 2, microBatch: 10 });
const round = describeRound(config, stepsPerEpoch(config));

/** Ten times the same image, of class 1. */
const batch = { records: new Uint8Array(10 * RECORD_BYTES).fill(1), indices: Int32Array.from({ length: 10 }, (_, i) => i) };

async function evaluated(change: (state: Float32Array) => void) {
  const worker = createComputeWorker();
  await worker.create(config);
  await worker.initialize(batch);
  const state = await worker.state();
  change(new Float32Array(state.buffer));
  await worker.load(state);
  const vectors = [];
  for (let slot = 0; slot < SLOTS; slot++) vectors.push(await worker.contribution(round, [batch]));
  const sum = vectors.reduce((a, b) => a.map((value, i) => value + (b[i] as number)));
  return { vectors, metrics: (await worker.apply(round, sum)).metrics };
}

test("QU6 the loss of an evaluation has the units of a step's", async () => {
  const { metrics } = await evaluated(() => undefined);
  expect(round).toMatchObject({ kind: "evaluate", slots: SLOTS });
  expect(metrics).toMatchObject({ images: 50, nonFinite: 0 });
  expect(meanLoss(metrics)).toBeGreaterThan(1);
  expect(meanLoss(metrics)).toBeLessThan(5);
});

test("QU6 losses too large for the sum are clamped, and do not wrap", async () => {
  const { vectors, metrics } = await evaluated((state) => {
    for (let i = 0; i < state.length; i++) state[i] = (state[i] as number) * 200;
  });
  expect(vectors[0]?.[0]).toBe(Math.floor((2 ** 31 - 1) / SLOTS));
  expect(metrics.nonFinite).toBe(0);
  expect(meanLoss(metrics)).toBeGreaterThan(10_000);
});

test("QU6 a network of NaNs has a loss that is not finite, whatever the slots add up to", async () => {
  const { metrics } = await evaluated((state) => state.fill(Number.NaN));
  expect(metrics).toMatchObject({ nonFinite: SLOTS, lossSum: 0, images: 50 });
  expect(meanLoss(metrics)).toBeNaN();
});
