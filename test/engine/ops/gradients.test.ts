import { expect, test } from "vitest";
import { Buffer } from "../../../engine/graph/buffer.ts";
import { Parameter, type Tensor } from "../../../engine/graph/tensor.ts";
import type { Activation } from "../../../engine/kernels/kernels.ts";
import { POINTWISE } from "../../../engine/kernels/pointwise.ts";
import { activation } from "../../../engine/ops/activation.ts";
import { add } from "../../../engine/ops/add.ts";
import { type BatchNormBuffers, batchNorm2d } from "../../../engine/ops/batchNorm2d.ts";
import { concat, zeroPadShortcut } from "../../../engine/ops/concat.ts";
import { type Conv2dOptions, conv2d, linear } from "../../../engine/ops/conv2d.ts";
import { type ConvTranspose2dOptions, convTranspose2d } from "../../../engine/ops/convTranspose2d.ts";
import { dropout } from "../../../engine/ops/dropout.ts";
import { flatten } from "../../../engine/ops/flatten.ts";
import { localResponseNorm } from "../../../engine/ops/localResponseNorm.ts";
import { meanSquaredError, softmaxCrossEntropy } from "../../../engine/ops/loss.ts";
import { globalMeanPool2d, maxPool2d, meanPool2d, type Pool2dOptions } from "../../../engine/ops/pool2d.ts";
import { scale } from "../../../engine/ops/scale.ts";
import { gradientErrors, lossGradientErrors, randomValues, type Sources } from "./differentiated.ts";

const BOUND = 1e-8; // relative to the largest gradient

const convolution =
  (options: Partial<Conv2dOptions>, relu = false) =>
  (s: Sources) => {
    const all = { outChannels: 3, kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 0, dilation: 1, groups: 1, ...options };
    const w = s.parameter((all.kernelHeight * all.kernelWidth * 4 * all.outChannels) / all.groups);
    return conv2d(s.bench.graph, s.input(5, 6, 4), w, { b: s.parameter(all.outChannels), relu }, all);
  };

const transposed = (options: Partial<ConvTranspose2dOptions>) => (s: Sources) => {
  const all = { outChannels: 2, kernelHeight: 3, kernelWidth: 3, stride: 2, padding: 1, outputPadding: 0, groups: 1, ...options };
  const w = s.parameter((all.kernelHeight * all.kernelWidth * 4 * all.outChannels) / all.groups);
  return convTranspose2d(s.bench.graph, s.input(3, 4, 4), w, s.parameter(all.outChannels), all);
};

const pooling = (op: typeof maxPool2d, options: Partial<Pool2dOptions>) => (s: Sources) =>
  op(s.bench.graph, s.input(5, 6, 3), { kernelHeight: 3, kernelWidth: 2, stride: 2, padding: 0, ...options });

const meanPooling =
  (countPadding: boolean): typeof maxPool2d =>
  (g, x, options) =>
    meanPool2d(g, x, options, countPadding);

const activated = (kind: Activation) => (s: Sources) => activation(s.bench.graph, s.input(2, 3, 2), kind, 0.2);

function normalization(s: Sources, statistics: BatchNormBuffers["statistics"]): BatchNormBuffers {
  const vector = (fill: number) => s.bench.buffer(new Float64Array(3).fill(fill));
  return { ...s.pair(3), mean: vector(0.1), variance: vector(0.7), statistics, zeros: s.bench.buffer(new Float64Array(6)) };
}

const normalized = (statistics: BatchNormBuffers["statistics"], relu: boolean) => (s: Sources) =>
  batchNorm2d(s.bench.graph, s.input(3, 2, 3), normalization(s, statistics), 1e-5, { relu });

const normalizedResidual = (relu: boolean) => (s: Sources) =>
  batchNorm2d(s.bench.graph, s.input(3, 2, 3), normalization(s, "batch"), 1e-5, { residual: s.input(3, 2, 3), relu });

/** Its weight is frozen: only the bias has a gradient. */
const normalizedWithoutScale = (s: Sources) => {
  const scratch = s.bench.buffer(new Float64Array(6));
  const gamma = new Parameter(s.bench.buffer(randomValues(3, 77)), undefined);
  const frozen = { gamma, beta: s.parameter(3), dgammaAndDbeta: scratch, dbetaToCopy: new Buffer(3, scratch.address + 3) };
  return batchNorm2d(s.bench.graph, s.input(3, 2, 3), { ...normalization(s, "given"), ...frozen, statistics: "batch" }, 1e-5, {
    relu: true,
  });
};

const frozenConvolution = (s: Sources) => {
  const w = new Parameter(s.bench.buffer(randomValues(3 * 4, 78)), undefined);
  const options = { outChannels: 4, ...POINTWISE };
  return conv2d(s.bench.graph, s.input(2, 3, 3), w, { b: s.parameter(4), relu: false }, options);
};

const OPS: readonly (readonly [string, (s: Sources) => Tensor])[] = [
  ["conv2d", convolution({})],
  ["conv2d with stride and padding", convolution({ stride: 2, padding: 1 })],
  ["conv2d with dilation", convolution({ dilation: 2, padding: 2 })],
  ["conv2d in groups", convolution({ groups: 2, outChannels: 6 })],
  ["conv2d depthwise", convolution({ groups: 4, outChannels: 4, padding: 1 })],
  ["conv2d 1×1", convolution({ kernelHeight: 1, kernelWidth: 1 })],
  ["conv2d 2×3", convolution({ kernelHeight: 2, kernelWidth: 3, padding: 1 })],
  ["conv2d and ReLU", convolution({}, true)],
  ["convTranspose2d", transposed({})],
  ["convTranspose2d with output padding", transposed({ outputPadding: 1 })],
  ["convTranspose2d in groups", transposed({ groups: 2, stride: 1 })],
  ["conv2d with frozen filters", frozenConvolution],
  ["linear", (s) => linear(s.bench.graph, s.input(1, 1, 5), s.parameter(15), { b: s.parameter(3), relu: false }, 3)],
  ["flatten, then linear", (s) => linear(s.bench.graph, flatten(s.bench.graph, s.input(2, 2, 3)), s.parameter(48), undefined, 4)],
  ["maxPool2d", pooling(maxPool2d, {})],
  ["maxPool2d overlapping, with padding", pooling(maxPool2d, { stride: 1, padding: 1 })],
  ["meanPool2d with padding counted", pooling(meanPooling(true), { padding: 1 })],
  ["meanPool2d with padding not counted", pooling(meanPooling(false), { padding: 1 })],
  ["globalMeanPool2d", (s) => globalMeanPool2d(s.bench.graph, s.input(3, 4, 2))],
  ["batchNorm2d", normalized("batch", false)],
  ["batchNorm2d with ReLU", normalized("batch", true)],
  ["batchNorm2d with given statistics", normalized("given", true)],
  ["batchNorm2d with residual", normalizedResidual(false)],
  ["batchNorm2d with residual and ReLU", normalizedResidual(true)],
  ["batchNorm2d without scale", normalizedWithoutScale],
  ["scale", (s) => scale(s.bench.graph, s.input(2, 2, 3), -0.3)],
  ["relu", activated("relu")],
  ["leakyRelu", activated("leakyRelu")],
  ["sigmoid", activated("sigmoid")],
  ["tanh", activated("tanh")],
  ["gelu", activated("gelu")],
  ["dropout", (s) => dropout(s.bench.graph, s.input(2, 3, 4), 0.4, s.bench.integers([7, 9]))],
  ["localResponseNorm", (s) => localResponseNorm(s.bench.graph, s.input(2, 2, 7), { size: 5, alpha: 0.8, beta: 0.75, k: 2 })],
  ["localResponseNorm of even size", (s) => localResponseNorm(s.bench.graph, s.input(1, 2, 6), { size: 4, alpha: 0.8, beta: 0.5, k: 1 })],
  ["add", (s) => add(s.bench.graph, s.input(2, 2, 3), s.input(2, 2, 3))],
  ["concat", (s) => concat(s.bench.graph, [s.input(2, 2, 3), s.input(2, 2, 1), s.input(2, 2, 2)])],
  ["zeroPadShortcut", (s) => zeroPadShortcut(s.bench.graph, s.input(5, 4, 3), 7, 2)],
];

test.each(OPS)("%s: backward agrees with finite differences", async (_, build) => {
  for (const { what, error } of await gradientErrors(build)) expect(error, what).toBeLessThan(BOUND);
});

/** The same op twice on one input and on the same parameters: its second backward has to add. */
const TWICE: readonly (readonly [string, (s: Sources) => Tensor])[] = [
  ...OPS.filter(([name]) => !/^batchNorm2d|^add|^concat|then/.test(name)).map(([name, build]) => [name, twice(build)] as const),
  [
    "batchNorm2d",
    (s) => {
      const [g, x] = [s.bench.graph, s.input(3, 2, 3)];
      const normalize = () => batchNorm2d(g, x, normalization(s, "batch"), 1e-5, { residual: x, relu: true });
      return add(g, normalize(), normalize());
    },
  ],
  [
    "add",
    (s) => {
      const [g, x] = [s.bench.graph, s.input(2, 2, 3)];
      return add(g, add(g, x, x), x);
    },
  ],
  [
    "concat",
    (s) => {
      const x = s.input(2, 2, 3);
      return concat(s.bench.graph, [x, s.input(2, 2, 1), x]);
    },
  ],
  [
    "flatten",
    (s) => {
      const [g, x] = [s.bench.graph, s.input(2, 2, 3)];
      return add(g, flatten(g, x), flatten(g, x));
    },
  ],
];

test.each(TWICE)("%s: gradients of two uses are added", async (_, build) => {
  for (const { what, error } of await gradientErrors(build)) expect(error, what).toBeLessThan(BOUND);
});

function twice(build: (s: Sources) => Tensor): (s: Sources) => Tensor {
  return (s) => {
    const first = build(s);
    const made = [...s.made];
    // A second pass that is handed what the first one made.
    const again = Object.create(s) as Sources;
    let next = 0;
    const handOver = () => made[next++].source as never;
    again.input = handOver;
    again.parameter = handOver;
    return add(s.bench.graph, first, build(again));
  };
}

test.each([0, 0.1])("softmaxCrossEntropy with label smoothing %s agrees with finite differences", async (labelSmoothing) => {
  const errors = await lossGradientErrors((s, loss) => {
    const [labels, correct] = [s.bench.integers([2, 0]), s.bench.integers([0])];
    softmaxCrossEntropy(s.bench.graph, s.input(1, 1, 4), labels, loss, correct, labelSmoothing);
  });
  for (const { what, error } of errors) expect(error, what).toBeLessThan(BOUND);
});

test("meanSquaredError agrees with finite differences", async () => {
  const errors = await lossGradientErrors((s, loss) => {
    meanSquaredError(s.bench.graph, s.input(2, 2, 3), s.bench.buffer(randomValues(24, 50)), loss);
  });
  for (const { what, error } of errors) expect(error, what).toBeLessThan(BOUND);
});
