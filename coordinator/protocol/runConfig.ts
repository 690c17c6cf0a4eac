import * as v from "valibot";

const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** The models that a run can name; the engine's list is tested to be the same. */
export const MODEL_NAMES = ["lenet5", "resnet20"] as const;

/** The optimisers that a run can name. */
export const OPTIMIZER_NAMES = ["sgd"] as const;

/** The learning-rate schedules that a run can name. */
export const SCHEDULE_NAMES = ["constant", "one-cycle"] as const;

/** A slot's micro-batch is at most this large; memory grows with it. */
export const MAX_MICRO_BATCH = 1024;

/** More slots would leave too few bits of an int32 for the gradient. */
export const MAX_SLOTS = 1024;

export const datasetSchema = v.object({
  /** "cifar-10", or "synthetic": drawn by the coordinator, for want of the real one. */
  name: v.picklist(["cifar-10", "synthetic"]),
  trainRecords: count(10_000_000),
  testRecords: count(10_000_000),
  classes: v.array(v.pipe(v.string(), v.maxLength(64))),
  /** Hexadecimal SHA-256 of all records; peers of one run must train on the same bytes. */
  digest: v.pipe(v.string(), v.hexadecimal(), v.length(64)),
});

/** Everything that the bits of a run depend on, and nothing else: two runs with equal configurations end with equal parameters. */
export const runConfigSchema = v.object({
  model: v.picklist(MODEL_NAMES),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
  /** Images in one slot; BatchNorm takes its statistics over them. */
  microBatch: count(MAX_MICRO_BATCH),
  /** Slots in one step: the global batch is slots × microBatch images. */
  slots: count(MAX_SLOTS),
  /** Training steps of the whole run. */
  steps: count(100_000_000),
  /** After each epoch, and at the end, all test images are classified; false: never. */
  evaluate: v.boolean(),
  optimizer: v.object({ name: v.picklist(OPTIMIZER_NAMES), momentum: fraction, nesterov: v.boolean(), weightDecay: fraction }),
  schedule: v.object({
    name: v.picklist(SCHEDULE_NAMES),
    learningRate: v.pipe(v.number(), v.minValue(0), v.maxValue(1000)),
    /** Share of the steps in which a one-cycle schedule rises. */
    warmUp: fraction,
  }),
  labelSmoothing: fraction,
  augmentation: v.object({ cropPadding: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(16)), flip: v.boolean() }),
  /** How many bits the largest element of a gradient tensor gets in the integer sum. */
  gradientBits: v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(22)),
  numerics: v.picklist(["plain", "fused"]),
  convolution: v.picklist(["direct", "winograd"]),
  dataset: datasetSchema,
});

export type RunConfig = v.InferOutput<typeof runConfigSchema>;
export type DatasetInfo = v.InferOutput<typeof datasetSchema>;
