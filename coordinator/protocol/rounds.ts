import type { RunConfig } from "./runConfig.ts";

/** One turn of the collective: a training step, or the evaluation of all test images after an epoch. */
export type Round =
  | {
      readonly kind: "train";
      readonly round: number;
      readonly step: number;
      readonly epoch: number;
      readonly stepOfEpoch: number;
      readonly slots: number;
    }
  | { readonly kind: "evaluate"; readonly round: number; readonly step: number; readonly epoch: number; readonly slots: number };

export interface RecordRange {
  readonly begin: number;
  readonly end: number;
}

type Sizes = Pick<RunConfig, "slots" | "microBatch" | "steps" | "evaluate" | "dataset">;

/** The records of shard m of M: a contiguous M-th of them; sizes differ by one at most. */
export function shardRange(records: number, shards: number, shard: number): RecordRange {
  return { begin: Math.floor((records * shard) / shards), end: Math.floor((records * (shard + 1)) / shards) };
}

/** Steps until every training image was in a step once; the last step of an epoch may have smaller micro-batches. */
export function stepsPerEpoch(run: Sizes): number {
  const largestShard = Math.ceil(run.dataset.trainRecords / run.slots);
  return Math.ceil(largestShard / run.microBatch);
}

/** Rounds of the whole run: its steps, and one evaluation for each epoch that was begun. */
export function roundCount(run: Sizes): number {
  return run.steps + (run.evaluate ? Math.ceil(run.steps / stepsPerEpoch(run)) : 0);
}

/** What round number `round` is: a pure function of the configuration, the same at every peer. */
export function describeRound(run: Sizes, round: number): Round {
  const perEpoch = stepsPerEpoch(run);
  const turns = perEpoch + (run.evaluate ? 1 : 0);
  const epoch = Math.floor(round / turns);
  const stepOfEpoch = round % turns;
  const step = epoch * perEpoch + stepOfEpoch;
  if (run.evaluate && (stepOfEpoch === perEpoch || step >= run.steps)) {
    return { kind: "evaluate", round, step: Math.min(step, run.steps), epoch, slots: Math.ceil(run.dataset.testRecords / run.microBatch) };
  }
  return { kind: "train", round, step, epoch, stepOfEpoch, slots: run.slots };
}

/** The test records of slot m of an evaluation. */
export function evaluationRange(run: Sizes, slot: number): RecordRange {
  const begin = slot * run.microBatch;
  return { begin, end: Math.min(begin + run.microBatch, run.dataset.testRecords) };
}
