import * as v from "valibot";
import type { ModelDefinitionData } from "../protocol/modelDefinition.ts";
import { stepsPerEpoch } from "../protocol/rounds.ts";
import { type DatasetInfo, MAX_SLOTS, type RunConfig, runConfigSchema } from "../protocol/runConfig.ts";
import { DEFAULTS, defaultLearningRate } from "./defaults.ts";
import { optimizerSettings } from "./optimizerOptions.ts";
import type { RunOptions } from "./runOptions.ts";
import { scheduleSettings } from "./scheduleOptions.ts";
import { UserError } from "./userError.ts";

const SMALLEST_SUGGESTED_MICRO_BATCH = 8; // below it, the overhead of a slot and BatchNorm's statistics suffer

/**
 * The run that the options describe; refuses options that each make sense, but not together. `definition` is what the file of a model
 * of one's own describes.
 */
export function toRunConfig(options: RunOptions, dataset: DatasetInfo, definition?: ModelDefinitionData): RunConfig {
  const model = options.model ?? DEFAULTS.model;
  const batch = options.batch ?? DEFAULTS.batch;
  const microBatch = options.microBatch ?? DEFAULTS.microBatch;
  const slots = countSlots(batch, microBatch, dataset.trainRecords);
  const optimizer = options.optimizer ?? DEFAULTS.optimizer;
  const schedule = options.schedule ?? DEFAULTS.schedule;
  const learningRate = options.lr ?? defaultLearningRate(model, optimizer, batch);
  const config = {
    model,
    ...(definition === undefined ? {} : { definition }),
    seed: options.seed ?? DEFAULTS.seed,
    microBatch,
    slots,
    evaluate: options.evaluate ?? true,
    optimizer: optimizerSettings(optimizer, options),
    schedule: scheduleSettings(schedule, learningRate, options),
    ...(options.clipNorm === undefined ? {} : { clipNorm: options.clipNorm }),
    labelSmoothing: options.labelSmoothing ?? DEFAULTS.labelSmoothing,
    augmentation: DEFAULTS.augmentation,
    gradientBits: options.gradientBits ?? DEFAULTS.gradientBits,
    numerics: options.numerics ?? DEFAULTS.numerics,
    convolution: options.convolution ?? DEFAULTS.convolution,
    dataset,
  };
  const perEpoch = stepsPerEpoch({ ...config, steps: 1 });
  return v.parse(runConfigSchema, { ...config, steps: options.steps ?? (options.epochs ?? DEFAULTS.epochs) * perEpoch });
}

function countSlots(batch: number, microBatch: number, trainRecords: number): number {
  if (batch > trainRecords) {
    throw refuse(
      `--batch ${batch} is more than the ${trainRecords} training images. Choose at most that many, for example --batch ${DEFAULTS.batch}`,
    );
  }
  if (batch % microBatch !== 0) {
    const ways = [...nearestMultiples(batch, microBatch).map((each) => `--batch ${each}`), ...divisorAdvice(batch, microBatch)];
    throw refuse(
      `--batch ${batch} is not a multiple of --micro-batch ${microBatch}: a step is made of whole micro-batches. Use ${ways.join(" or ")}`,
    );
  }
  const slots = batch / microBatch;
  if (slots > MAX_SLOTS) {
    throw refuse(
      `--batch ${batch} in micro-batches of ${microBatch} makes ${slots} slots; a step has at most ${MAX_SLOTS}, or its exact sum would overflow. ` +
        `Use --micro-batch ${Math.ceil(batch / MAX_SLOTS)} or more, or --batch ${MAX_SLOTS * microBatch} or less`,
    );
  }
  return slots;
}

function nearestMultiples(batch: number, microBatch: number): number[] {
  const below = Math.floor(batch / microBatch) * microBatch;
  return [below, below + microBatch].filter((multiple) => multiple > 0);
}

/** The largest micro-batch below `microBatch` that fits the batch, if that is worth having. */
function divisorAdvice(batch: number, microBatch: number): string[] {
  for (let divisor = Math.min(microBatch, batch); divisor >= SMALLEST_SUGGESTED_MICRO_BATCH; divisor--) {
    if (batch % divisor === 0) return [`--micro-batch ${divisor}`];
  }
  return [];
}

const refuse = (sentence: string): UserError => new UserError(sentence, { exitCode: 2 });
