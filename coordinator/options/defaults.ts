import type { RunConfig } from "../protocol/runConfig.ts";

/** What a run is unless the command line says otherwise. */
export const DEFAULTS = {
  model: "resnet20",
  batch: 256,
  microBatch: 32,
  epochs: 10,
  optimizer: "sgd",
  momentum: 0.9,
  weightDecay: 5e-4,
  schedule: "one-cycle",
  /** Share of a one-cycle schedule in which the learning rate rises (Smith & Topin 2018). */
  warmUp: 0.3,
  labelSmoothing: 0,
  augmentation: { cropPadding: 4, flip: true },
  seed: 1,
  gradientBits: 22,
  numerics: "plain",
  convolution: "winograd",
} as const;

/** Peak learning rate of SGD for DEFAULTS.batch images. */
const LEARNING_RATES: Readonly<Record<RunConfig["model"], number>> = { lenet5: 0.05, resnet20: 0.4 };

/** In proportion to the batch, so that a step with k times the images goes k times as far (Goyal et al. 2017, section 2.1). */
export function defaultLearningRate(model: RunConfig["model"], batch: number): number {
  return (LEARNING_RATES[model] * batch) / DEFAULTS.batch;
}

/** For the help text. */
export function defaultLearningRates(): string {
  return Object.entries(LEARNING_RATES)
    .map(([model, rate]) => `${rate} for ${model}`)
    .join(", ");
}
