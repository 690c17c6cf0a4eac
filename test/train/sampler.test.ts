import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shardRange, stepsPerEpoch } from "../../coordinator/protocol/rounds.ts";
import { purposes, slotRecords } from "../../worker/train/sampler.ts";
import { config } from "../protocol/samples.ts";

const cifar = { ...config, seed: 1, slots: 8, microBatch: 32 };

interface Sizes {
  readonly seed: number;
  readonly slots: number;
  readonly microBatch: number;
  readonly trainRecords: number;
}

const runOf = ({ trainRecords, ...sizes }: Sizes) => ({ ...config, ...sizes, dataset: { ...config.dataset, trainRecords } });

const sizes = fc.record<Sizes>({
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  slots: fc.integer({ min: 1, max: 24 }),
  microBatch: fc.integer({ min: 1, max: 16 }),
  trainRecords: fc.integer({ min: 1, max: 700 }),
});

/** All images of an epoch, in the order of its steps and slots. */
function epochOf(run: ReturnType<typeof runOf>, epoch: number): number[] {
  const records: number[] = [];
  for (let step = 0; step < stepsPerEpoch(run); step++) {
    for (let slot = 0; slot < run.slots; slot++) {
      const some = slotRecords(run, epoch, step, slot);
      expect(some.length).toBeLessThanOrEqual(run.microBatch);
      records.push(...some);
    }
  }
  return records;
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

describe("RO2 each training image is in exactly one slot of one step of an epoch", () => {
  test("RO2 whether or not the batch divides the data set", () => {
    fc.assert(
      fc.property(sizes, fc.nat(5), (some, epoch) => {
        const records = epochOf(runOf(some), epoch);
        expect(records.sort((a, b) => a - b)).toEqual(upTo(some.trainRecords));
      }),
    );
  });

  test.each([
    { slots: 8, microBatch: 32, lastStep: 80 },
    { slots: 8, microBatch: 50, lastStep: 400 }, // 50,000 = 125 × 8 × 50: as full as any
    { slots: 7, microBatch: 33, lastStep: 6 * 15 + 14 },
  ])("RO2 CIFAR-10 in $slots × $microBatch", ({ slots, microBatch, lastStep }) => {
    const run = { ...cifar, slots, microBatch };
    const records = epochOf(run, 0);
    const seen = new Uint8Array(50_000);
    for (const record of records) seen[record]++;
    expect(seen.every((times) => times === 1)).toBe(true);
    const last = stepsPerEpoch(run) - 1;
    const inLast = upTo(slots).reduce((sum, slot) => sum + slotRecords(run, 0, last, slot).length, 0);
    expect(inLast).toBe(lastStep);
  });
});

test("TR1 a slot's epoch is a permutation of its shard", () => {
  fc.assert(
    fc.property(sizes, fc.nat(5), (some, epoch) => {
      const run = runOf(some);
      for (let slot = 0; slot < run.slots; slot++) {
        const { begin, end } = shardRange(some.trainRecords, run.slots, slot);
        const records = upTo(stepsPerEpoch(run)).flatMap((step) => [...slotRecords(run, epoch, step, slot)]);
        expect(records.sort((a, b) => a - b)).toEqual(upTo(end - begin).map((i) => begin + i));
      }
    }),
    { numRuns: 50 },
  );
});

test.each([
  { epoch: 0, step: 0, slot: 0, first: [1486, 1494, 4763, 5443, 2906, 4091, 3024, 5294] },
  { epoch: 3, step: 100, slot: 5, first: [35983, 36247, 36111, 34618] },
  { epoch: 0, step: 195, slot: 7, first: [48835, 46076, 46803, 46552, 45734, 44913, 45646, 49811, 47734, 49390] }, // the rest of the shard
])("TR1 epoch $epoch, step $step, slot $slot of seed 1 begins so", ({ epoch, step, slot, first }) => {
  const records = slotRecords(cifar, epoch, step, slot);
  expect([...records.subarray(0, first.length)]).toEqual(first);
  expect(records.length).toBe(step === 195 ? 10 : 32);
});

test("TR1 epochs, slots and seeds are shuffled differently", () => {
  const shard = (changes: Partial<typeof cifar>, epoch: number, slot: number) => {
    const { begin } = shardRange(50_000, 8, slot);
    return [...slotRecords({ ...cifar, microBatch: 1000, ...changes }, epoch, 0, slot)].map((record) => record - begin).join();
  };
  const orders = [shard({}, 0, 0), shard({}, 1, 0), shard({}, 0, 1), shard({ seed: 2 }, 0, 0), shard({ seed: 0 }, 0, 0)];
  expect(new Set(orders).size).toBe(orders.length);
});

test("TR1 every place of a shard is as likely for every image", () => {
  const run = runOf({ seed: 5, slots: 1, microBatch: 10, trainRecords: 10 });
  const counts = new Int32Array(100);
  const epochs = 2000;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const [place, record] of slotRecords(run, epoch, 0, 0).entries()) counts[10 * record + place]++;
  }
  const expected = epochs / 10;
  const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(chiSquared).toBeLessThan(130); // 81 degrees of freedom: exceeded by one shuffle in two thousand
});

test("TR1 no two purposes share random numbers", () => {
  expect(new Set(Object.values(purposes)).size).toBe(Object.keys(purposes).length);
});
