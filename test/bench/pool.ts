import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { type ConvolutionChoice, hashKey, type ModelName, type Numerics } from "../../engine/index.ts";
import type { Batch, ComputeWorker } from "../../worker/compute/computeWorker.ts";
import { ReplicaPool } from "../../worker/compute/replicaPool.ts";

export interface PoolSubject {
  readonly model: ModelName;
  readonly workers: number;
  /** Images of a slot, and slots of a step. */
  readonly microBatch: number;
  readonly slots: number;
  readonly numerics: Numerics;
  readonly convolution: ConvolutionChoice;
}

/** The compute pool of one peer that has a whole run to itself. Arguments and results are data. */
export interface PoolBench {
  prepare(subject: PoolSubject): Promise<void>;
  /** Trains for about so long and at least one step; images per second. */
  train(milliseconds: number): Promise<number>;
}

const RECORD_BYTES = 1 + 3 * 32 * 32;
const CLASSES = 10;

/** The product's pool around compute workers of a place: contribution to every slot as integers, their sum, and the update in each worker. */
export function createPoolBench(createComputeWorker: () => Promise<ComputeWorker>): PoolBench {
  let step: (() => Promise<number>) | undefined;
  return {
    prepare: async (subject) => {
      const pool = new ReplicaPool(await Promise.all(Array.from({ length: subject.workers }, createComputeWorker)));
      const batches = Array.from({ length: subject.slots }, (_, slot) => noise(slot, subject.microBatch));
      await pool.create(configOf(subject));
      await pool.initialize(batches[0]);
      let done = 0;
      step = async () => {
        const round: Round = { kind: "train", round: done, step: done, epoch: 0, stepOfEpoch: done, slots: subject.slots };
        done += 1;
        await pool.apply(round, await pool.contribution(round, batches));
        return subject.slots * subject.microBatch;
      };
    },
    train: async (milliseconds) => {
      if (step === undefined) throw new Error("expected a pool that is prepared before it trains, got none");
      const start = performance.now();
      let images = 0;
      do images += await step();
      while (performance.now() - start < milliseconds);
      return (1000 * images) / (performance.now() - start);
    },
  };
}

function configOf({ model, microBatch, slots, numerics, convolution }: PoolSubject): RunConfig {
  return {
    ...{ model, microBatch, slots, numerics, convolution },
    ...{ seed: 1, steps: 100_000, evaluate: false, labelSmoothing: 0, gradientBits: 22 },
    optimizer: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    schedule: { name: "constant", learningRate: 1e-3, warmUp: 0 },
    augmentation: { cropPadding: 4, flip: true },
    dataset: {
      ...{ name: "synthetic", trainRecords: slots * microBatch, testRecords: microBatch },
      classes: Array.from({ length: CLASSES }, (_, i) => String(i)),
      digest: "00".repeat(32),
    },
  };
}

function noise(slot: number, images: number): Batch {
  const records = Uint8Array.from({ length: images * RECORD_BYTES }, (_, i) => {
    const word = hashKey(slot, i) >>> 0;
    return i % RECORD_BYTES === 0 ? word % CLASSES : word & 255;
  });
  return { records, indices: Int32Array.from({ length: images }, (_, i) => slot * images + i) };
}
