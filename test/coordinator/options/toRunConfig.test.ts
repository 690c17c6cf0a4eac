import * as v from "valibot";
import { expect, test } from "vitest";
import type { RunOptions } from "../../../coordinator/options/runOptions.ts";
import { toRunConfig } from "../../../coordinator/options/toRunConfig.ts";
import { UserError } from "../../../coordinator/options/userError.ts";
import { MODEL_NAMES } from "../../../coordinator/protocol/modelNames.ts";
import { type DatasetInfo, runConfigSchema } from "../../../coordinator/protocol/runConfig.ts";

const dataset: DatasetInfo = { name: "cifar-10", trainRecords: 50_000, testRecords: 10_000, classes: ["cat"], digest: "0".repeat(64) };

test("without options it is ten epochs of ResNet-20", () => {
  expect(toRunConfig({}, dataset)).toEqual({
    model: "resnet20",
    seed: 1,
    microBatch: 32,
    slots: 8,
    steps: 1960, // ten times 196 steps of 8 × 32 images
    evaluate: true,
    optimizer: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0.0005 },
    schedule: { name: "one-cycle", learningRate: 0.4, warmUp: 0.3 },
    labelSmoothing: 0,
    augmentation: { cropPadding: 4, flip: true },
    gradientBits: 22,
    numerics: "plain",
    convolution: "winograd",
    dataset,
  });
});

test.each(MODEL_NAMES)("the defaults of %s are a valid run", (model) => {
  const config = toRunConfig({ model }, dataset);
  expect(v.parse(runConfigSchema, config)).toEqual(config);
});

test.each<[options: RunOptions, expected: object]>([
  [{ model: "lenet5" }, { model: "lenet5", schedule: { name: "one-cycle", learningRate: 0.08, warmUp: 0.3 } }],
  [{ batch: 64 }, { slots: 2, steps: 10 * 782, schedule: { name: "one-cycle", learningRate: 0.1, warmUp: 0.3 } }],
  [{ batch: 64, lr: 0.25, schedule: "constant" }, { schedule: { name: "constant", learningRate: 0.25, warmUp: 0 } }],
  [
    { batch: 16, microBatch: 16 },
    { slots: 1, microBatch: 16 },
  ],
  [{ epochs: 3 }, { steps: 3 * 196 }],
  [{ epochs: 3, steps: 7 }, { steps: 7 }],
  [{ momentum: 0 }, { optimizer: { name: "sgd", momentum: 0, nesterov: false, weightDecay: 0.0005 } }],
  [{ optimizer: "adamw", beta1: 0.8 }, { optimizer: { name: "adamw", beta1: 0.8, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 } }],
  [{ optimizer: "adam" }, { optimizer: { name: "adam" }, schedule: { learningRate: 0.001 } }],
  [
    { optimizer: "muon", renormalize: false },
    { optimizer: { name: "muon", renormalize: false, iterations: 3 }, schedule: { learningRate: 0.24 } },
  ],
  [{ nesterov: false }, { optimizer: { name: "sgd", momentum: 0.9, nesterov: false, weightDecay: 0.0005 } }],
  [{ schedule: "step", factor: 0.5 }, { schedule: { name: "step", learningRate: 0.4, warmUp: 0, milestones: [0.5, 0.75], factor: 0.5 } }],
  [{ schedule: "cosine", warmUp: 0.05 }, { schedule: { name: "cosine", learningRate: 0.4, warmUp: 0.05, final: 0 } }],
  [{ schedule: "linear", final: 0.1 }, { schedule: { name: "linear", learningRate: 0.4, warmUp: 0, final: 0.1 } }],
  [{ clipNorm: 2 }, { clipNorm: 2 }],
  [{ weightDecay: 0 }, { optimizer: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0 } }],
  [
    { seed: 0, evaluate: false, labelSmoothing: 0.1, gradientBits: 8, numerics: "fused", convolution: "winograd" },
    { seed: 0, evaluate: false, labelSmoothing: 0.1, gradientBits: 8, numerics: "fused", convolution: "winograd" },
  ],
  [
    { batch: 49_152, microBatch: 48 },
    { slots: 1024, microBatch: 48 },
  ],
])("%j becomes %j", (options, expected) => expect(toRunConfig(options, dataset)).toMatchObject(expected));

test.each<[options: RunOptions, sentence: string]>([
  [
    { optimizer: "adam", momentum: 0.9 },
    "--momentum is no setting of --optimizer adam, which has --weight-decay, --beta1, --beta2 or --epsilon.",
  ],
  [{ final: 0.1 }, "--final is a setting of --schedule cosine and linear, not of one-cycle."],
  [
    { batch: 100 },
    "--batch 100 is not a multiple of --micro-batch 32: a step is made of whole micro-batches. Use --batch 96 or --batch 128 or --micro-batch 25",
  ],
  [
    { batch: 16 },
    "--batch 16 is not a multiple of --micro-batch 32: a step is made of whole micro-batches. Use --batch 32 or --micro-batch 16",
  ],
  [
    { batch: 101 },
    "--batch 101 is not a multiple of --micro-batch 32: a step is made of whole micro-batches. Use --batch 96 or --batch 128",
  ],
  [
    { microBatch: 1024 },
    "--batch 256 is not a multiple of --micro-batch 1024: a step is made of whole micro-batches. Use --batch 1024 or --micro-batch 256",
  ],
  [{ batch: 65_536 }, "--batch 65536 is more than the 50000 training images. Choose at most that many, for example --batch 256"],
  [
    { batch: 2048, microBatch: 1 },
    "--batch 2048 in micro-batches of 1 makes 2048 slots; a step has at most 1024, or its exact sum would overflow. Use --micro-batch 2 or more, or --batch 1024 or less",
  ],
])("%j is refused: %s", (options, sentence) => {
  expect(() => toRunConfig(options, dataset)).toThrow(new UserError(sentence, { exitCode: 2 }));
});

test("equal options make equal runs, down to the bits of the learning rate", () => {
  expect(JSON.stringify(toRunConfig({ batch: 160 }, dataset))).toBe(JSON.stringify(toRunConfig({ batch: 160 }, dataset)));
  expect(toRunConfig({ batch: 160 }, dataset).schedule.learningRate).toBe(0.25);
});
