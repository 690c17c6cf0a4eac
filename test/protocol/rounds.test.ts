import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeRound, evaluationRange, type Round, roundCount, shardRange, stepsPerEpoch } from "../../coordinator/protocol/rounds.ts";
import { config } from "./samples.ts";

interface Sizes {
  readonly slots: number;
  readonly microBatch: number;
  readonly steps: number;
  readonly evaluate: boolean;
  readonly trainRecords: number;
  readonly testRecords: number;
}

const runOf = ({ trainRecords, testRecords, ...sizes }: Sizes) => ({
  ...sizes,
  dataset: { ...config.dataset, trainRecords, testRecords },
});

const sizes = fc.record<Sizes>({
  slots: fc.integer({ min: 1, max: 20 }),
  microBatch: fc.integer({ min: 1, max: 20 }),
  steps: fc.integer({ min: 1, max: 200 }),
  evaluate: fc.boolean(),
  trainRecords: fc.integer({ min: 1, max: 1000 }),
  testRecords: fc.integer({ min: 1, max: 1000 }),
});

/** The rounds of a run as one would write them down. */
function writtenDown(run: ReturnType<typeof runOf>): Round[] {
  const perEpoch = Math.ceil(Math.ceil(run.dataset.trainRecords / run.slots) / run.microBatch);
  const rounds: Round[] = [];
  for (let step = 0; step < run.steps; step++) {
    const epoch = Math.floor(step / perEpoch);
    rounds.push({ kind: "train", round: rounds.length, step, epoch, stepOfEpoch: step % perEpoch, slots: run.slots });
    const endsEpoch = step % perEpoch === perEpoch - 1 || step === run.steps - 1;
    const slots = Math.ceil(run.dataset.testRecords / run.microBatch);
    if (run.evaluate && endsEpoch) rounds.push({ kind: "evaluate", round: rounds.length, step: step + 1, epoch, slots });
  }
  return rounds;
}

test("RO1 rounds are the steps in order, with an evaluation after each epoch and at the end", () => {
  fc.assert(
    fc.property(sizes, (some) => {
      const run = runOf(some);
      expect(Array.from({ length: roundCount(run) }, (_, round) => describeRound(run, round))).toEqual(writtenDown(run));
    }),
  );
});

describe("CIFAR-10 in steps of 8 × 32 images", () => {
  test.each([
    { steps: 196, evaluate: true, rounds: 197, last: { kind: "evaluate", step: 196, epoch: 0, slots: 313 } },
    { steps: 196, evaluate: false, rounds: 196, last: { kind: "train", step: 195, epoch: 0, stepOfEpoch: 195 } },
    { steps: 197, evaluate: true, rounds: 199, last: { kind: "evaluate", step: 197, epoch: 1, slots: 313 } },
    { steps: 1, evaluate: true, rounds: 2, last: { kind: "evaluate", step: 1, epoch: 0, slots: 313 } },
    { steps: 1960, evaluate: true, rounds: 1970, last: { kind: "evaluate", step: 1960, epoch: 9, slots: 313 } },
  ])("RO1 $steps steps, evaluate $evaluate: $rounds rounds", ({ steps, evaluate, rounds, last }) => {
    const run = { ...config, steps, evaluate };
    expect(stepsPerEpoch(run)).toBe(196);
    expect(roundCount(run)).toBe(rounds);
    expect(describeRound(run, rounds - 1)).toMatchObject({ round: rounds - 1, ...last });
  });

  test("RO3 the test images are in the slots of the evaluation, the last of which is short", () => {
    expect([0, 1, 312].map((slot) => evaluationRange(config, slot))).toEqual([
      { begin: 0, end: 32 },
      { begin: 32, end: 64 },
      { begin: 9984, end: 10_000 },
    ]);
  });
});

test("RO3 an evaluation has each test image in exactly one slot", () => {
  fc.assert(
    fc.property(sizes, (some) => {
      const run = runOf({ ...some, evaluate: true });
      const evaluation = writtenDown(run).at(-1) as Round;
      let end = 0;
      for (let slot = 0; slot < evaluation.slots; slot++) {
        const range = evaluationRange(run, slot);
        expect(range.begin).toBe(end);
        expect(range.end).toBeGreaterThan(range.begin);
        expect(range.end - range.begin).toBeLessThanOrEqual(run.microBatch);
        end = range.end;
      }
      expect(end).toBe(some.testRecords);
    }),
  );
});

test("RO4 shards are contiguous, cover all records, and differ by one at most", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: 1, max: 1024 }), (records, shards) => {
      const ranges = Array.from({ length: shards }, (_, shard) => shardRange(records, shards, shard));
      const lengths = ranges.map(({ begin, end }) => end - begin);
      expect(ranges[0].begin).toBe(0);
      expect(ranges.at(-1)?.end).toBe(records);
      for (let i = 1; i < shards; i++) expect(ranges[i].begin).toBe(ranges[i - 1].end);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
    }),
  );
});
