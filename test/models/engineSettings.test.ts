import { expect, test } from "vitest";
import { OPTIMIZERS } from "../../coordinator/options/defaults.ts";
import { scheduleSettings } from "../../coordinator/options/scheduleOptions.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import { OPTIMIZER_NAMES } from "../../coordinator/protocol/optimizer.ts";
import type { DatasetInfo } from "../../coordinator/protocol/runConfig.ts";
import { createEngine, createReplica, learningRateAt } from "../../engine/index.ts";
import { learningRateOf, replicaConfig } from "../../worker/compute/engineSettings.ts";

const dataset: DatasetInfo = { name: "synthetic", trainRecords: 500, testRecords: 50, classes: ["a"], digest: "0".repeat(64) };

const STEPS = 20;
const rateOf = (schedule: Parameters<typeof learningRateOf>[0]["schedule"], step: number) =>
  learningRateOf({ schedule, steps: STEPS }, step);

test("TR4 a run's schedule is the engine's: one-cycle rises in its warm-up share, the others after a straight warm-up", () => {
  const steps = [0, 1, 5, 12, 19];
  const cycle = scheduleSettings("one-cycle", 0.4, { warmUp: 0.5 });
  const cosine = scheduleSettings("cosine", 0.4, { warmUp: 0.1, final: 0.2 });
  const falling = scheduleSettings("step", 0.4, {});
  for (const step of steps) {
    expect(rateOf(cycle, step)).toBe(learningRateAt({ type: "oneCycle", learningRate: 0.4, growing: 0.5 }, step, STEPS));
    expect(rateOf(cosine, step)).toBe(learningRateAt({ type: "cosine", learningRate: 0.4, warmupSteps: 2, final: 0.2 }, step, STEPS));
  }
  expect([0, 9, 10, 14, 15].map((step) => rateOf(falling, step))).toEqual([0.4, 0.4, 0.4 * 0.1, 0.4 * 0.1, 0.4 * (0.1 * 0.1)]);
  expect(rateOf(scheduleSettings("linear", 0.4, {}), 10)).toBeCloseTo(0.2, 14);
  expect(rateOf(scheduleSettings("constant", 0.4, {}), 10)).toBe(0.4);
});

test.each(OPTIMIZER_NAMES)("the settings of %s reach the engine, with clipping, and a replica steps with them", async (optimizer) => {
  const config = toRunConfig({ model: "lenet5", optimizer, clipNorm: 0.5, batch: 4, microBatch: 4 }, dataset);
  const forEngine = replicaConfig(config);
  const { name, ...settings } = OPTIMIZERS[optimizer];
  expect(forEngine).toMatchObject({ model: "lenet5", clipNorm: 0.5, optimizer: { type: name, ...settings } });
  const replica = await createReplica(createEngine(), forEngine);
  replica.initialize(1);
  replica.input.forEach((_, i, input) => {
    input[i] = Math.sin(i);
  });
  replica.labels.set([1, 2, 3, 4]);
  replica.calibrate(4);
  const before = replica.hash();
  replica.addSlot(4);
  expect(replica.apply(replica.takeVector(), { learningRate: 0.01, step: 0 }).skipped).toBe(false);
  expect(replica.hash()).not.toBe(before);
});
