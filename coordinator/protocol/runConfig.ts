import * as v from "valibot";
import { modelDefinitionSchema } from "./modelDefinition.ts";
import { isModelName } from "./modelNames.ts";
import { optimizerSchema } from "./optimizer.ts";
import { scheduleSchema } from "./schedule.ts";

const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

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

const settingsSchema = v.object({
  /** One of MODEL_NAMES, or what the run calls a model of its own, which is then in `definition`. */
  model: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, "a model's name has at most 40 letters, digits, _ and -")),
  definition: v.exactOptional(modelDefinitionSchema),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
  /** Images in one slot; BatchNorm takes its statistics over them. */
  microBatch: count(MAX_MICRO_BATCH),
  /** Slots in one step: the global batch is slots × microBatch images. */
  slots: count(MAX_SLOTS),
  /** Training steps of the whole run. */
  steps: count(100_000_000),
  /** After each epoch, and at the end, all test images are classified; false: never. */
  evaluate: v.boolean(),
  optimizer: optimizerSchema,
  schedule: scheduleSchema,
  /** Mean gradients with a larger global norm are scaled down to it. */
  clipNorm: v.exactOptional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1e9))),
  labelSmoothing: fraction,
  augmentation: v.object({ cropPadding: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(16)), flip: v.boolean() }),
  /** How many bits the largest element of a gradient tensor gets in the integer sum. */
  gradientBits: v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(22)),
  numerics: v.picklist(["plain", "fused"]),
  convolution: v.picklist(["direct", "winograd"]),
  dataset: datasetSchema,
});

/** Everything that the bits of a run depend on, and nothing else: two runs with equal configurations end with equal parameters. */
export const runConfigSchema = v.pipe(
  settingsSchema,
  v.check(
    ({ model, definition }) => isModelName(model) === (definition === undefined),
    "a model has a known name, or a definition under a name of its own",
  ),
);

export type RunConfig = v.InferOutput<typeof runConfigSchema>;
export type DatasetInfo = v.InferOutput<typeof datasetSchema>;
