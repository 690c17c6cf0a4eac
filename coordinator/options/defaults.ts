import { MODEL_NAMES } from "../protocol/modelNames.ts";
import type { OptimizerSettings } from "../protocol/optimizer.ts";
import { listOf } from "./parse.ts";

/** What a run is unless the command line says otherwise. */
export const DEFAULTS = {
  model: "resnet20",
  batch: 256,
  microBatch: 32,
  epochs: 10,
  optimizer: "sgd",
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

/** Each optimiser with PyTorch's defaults, but for SGD's momentum and weight decay: those of He et al. 2015 and common practice since. */
export const OPTIMIZERS: { readonly [Name in OptimizerSettings["name"]]: Extract<OptimizerSettings, { name: Name }> } = {
  sgd: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  adam: { name: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  adamw: { name: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  rmsprop: { name: "rmsprop", decay: 0.99, epsilon: 1e-8, weightDecay: 0, momentum: 0 },
  adagrad: { name: "adagrad", learningRateDecay: 0, epsilon: 1e-10, weightDecay: 0 },
  adadelta: { name: "adadelta", decay: 0.9, epsilon: 1e-6, weightDecay: 0 },
  muon: { name: "muon", momentum: 0.6, nesterov: true, iterations: 3, renormalize: true, sgdRate: 1, weightDecay: 0 },
};

/** Peak learning rates of SGD for DEFAULTS.batch images; what is not listed gets OTHER_RATE. */
const SGD_RATES: Readonly<Record<string, number>> = {
  lenet5: 0.08,
  alexnet: 0.02,
  vgg11_plain: 0.02,
  vgg13_plain: 0.02,
  vgg16_plain: 0.02,
  vgg19_plain: 0.02,
  resnet20: 0.4,
  resnet32: 0.4,
  resnet44: 0.4,
  resnet56: 0.4,
};
const OTHER_RATE = 0.1;

/** The others set the size of a step themselves, whatever the batch: PyTorch's defaults, and that of airbench94 for Muon. */
const ADAPTIVE_RATES: Readonly<Record<Exclude<OptimizerSettings["name"], "sgd">, number>> = {
  adam: 0.001,
  adamw: 0.001,
  rmsprop: 0.001,
  adagrad: 0.01,
  adadelta: 1,
  muon: 0.24,
};

/** SGD's is in proportion to the batch, so that a step with k times the images goes k times as far (Goyal et al. 2017, section 2.1). */
export function defaultLearningRate(model: string, optimizer: OptimizerSettings["name"], batch: number): number {
  if (optimizer !== "sgd") return ADAPTIVE_RATES[optimizer];
  return ((SGD_RATES[model] ?? OTHER_RATE) * batch) / DEFAULTS.batch;
}

/** For the help text. */
export function defaultLearningRates(): string {
  const rates = [...new Set(Object.values(SGD_RATES)), OTHER_RATE];
  const groups = rates.map((rate) => ({ rate, models: MODEL_NAMES.filter((model) => (SGD_RATES[model] ?? OTHER_RATE) === rate) }));
  const listed = groups.map(({ rate, models }) => (rate === OTHER_RATE ? `${rate} for the others` : `${rate} for ${listOf(models)}`));
  return listed.join(", ");
}
