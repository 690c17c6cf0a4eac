import type { Graph } from "../../../engine/graph/graph.ts";
import type { Tensor } from "../../../engine/graph/tensor.ts";
import type { Activation } from "../../../engine/kernels/kernels.ts";
import { activation } from "../../../engine/ops/activation.ts";
import { add } from "../../../engine/ops/add.ts";
import { BATCH_NORM_EPSILON, batchNorm2d } from "../../../engine/ops/batchNorm2d.ts";
import { concat } from "../../../engine/ops/concat.ts";
import { globalMeanPool2d, maxPool2d, meanPool2d } from "../../../engine/ops/pool2d.ts";
import { mapShape, toNchw, toNhwc } from "../layouts.ts";
import { OpBench } from "../opBench.ts";
import { attributeOf, compare, numberAttribute, type OpCase, type OpRunner, tensorOf } from "../opCase.ts";
import { imagesOf, runMaps } from "./convolution.ts";

/** An op from the maps of the given names to one map, without parameters. */
function mapCase(names: readonly string[], apply: (g: Graph, inputs: readonly Tensor[], opCase: OpCase) => Tensor): OpRunner {
  return async (core, opCase) => {
    const bench = new OpBench(core, imagesOf(opCase, names[0]));
    const inputs = names.map((name) => {
      const tensor = tensorOf(opCase, name);
      const shape = vectorOrMap(tensor.shape);
      return bench.input(shape, toNhwc(tensor.values, shape));
    });
    const y = apply(bench.graph, inputs, opCase);
    await runMaps(bench, opCase, y);
    return [
      compare(opCase, "output", toNchw(bench.read(y.value), y.shape)),
      ...inputs.map((x, i) => compare(opCase, `grad_${names[i]}`, toNchw(bench.read(x.gradient), x.shape))),
    ];
  };
}

function vectorOrMap(shape: readonly number[]): ReturnType<typeof mapShape> {
  return mapShape({ shape });
}

const poolOptions = (opCase: OpCase): Parameters<typeof maxPool2d>[2] => {
  const kernel = numberAttribute(opCase, "kernel");
  return {
    kernelHeight: kernel,
    kernelWidth: kernel,
    stride: numberAttribute(opCase, "stride"),
    padding: numberAttribute(opCase, "padding"),
  };
};

const first = (inputs: readonly Tensor[]): Tensor => inputs[0];

const activationCase = (kind: Activation): OpRunner =>
  mapCase(["input"], (g, inputs, opCase) => activation(g, first(inputs), kind, numberAttribute(opCase, "negative_slope", 0)));

export const MAP_CASES: Readonly<Record<string, OpRunner>> = {
  add: mapCase(["a", "b"], (g, [a, b]) => add(g, a, b)),
  concat: mapCase(["a", "b", "c"], (g, inputs) => concat(g, inputs)),
  max_pool2d: mapCase(["input"], (g, inputs, opCase) => maxPool2d(g, first(inputs), poolOptions(opCase))),
  avg_pool2d: mapCase(["input"], (g, inputs, opCase) =>
    meanPool2d(g, first(inputs), poolOptions(opCase), attributeOf(opCase, "count_include_pad") === true),
  ),
  global_avg_pool2d: mapCase(["input"], (g, inputs) => globalMeanPool2d(g, first(inputs))),
  relu: activationCase("relu"),
  leaky_relu: activationCase("leakyRelu"),
  sigmoid: activationCase("sigmoid"),
  tanh: activationCase("tanh"),
  gelu: activationCase("gelu"),
};

export const batchNorm2dCase: OpRunner = async (core, opCase) => {
  const training = attributeOf(opCase, "training") === true;
  const input = tensorOf(opCase, "input");
  const shape = mapShape(input);
  const images = imagesOf(opCase);
  const bench = new OpBench(core, images);
  const x = bench.input(shape, toNhwc(input.values, shape));
  const running = {
    mean: bench.buffer(tensorOf(opCase, "running_mean").values),
    variance: bench.buffer(tensorOf(opCase, "running_var").values),
  };
  const zeros = new Float64Array(2 * shape.channels);
  const statistics = training
    ? {
        mean: bench.buffer(zeros.subarray(shape.channels)),
        variance: bench.buffer(zeros.subarray(shape.channels)),
        statistics: "batch" as const,
      }
    : { ...running, statistics: "given" as const };
  const parameters = bench.parameterPair(tensorOf(opCase, "weight").values, tensorOf(opCase, "bias").values);
  const buffers = { ...parameters, ...statistics, zeros: bench.buffer(zeros) };
  const y = batchNorm2d(bench.graph, x, buffers, numberAttribute(opCase, "eps", BATCH_NORM_EPSILON), { relu: false });
  await runMaps(bench, opCase, y);
  const after = [running.mean, running.variance].map((buffer) => bench.read(buffer));
  if (training) {
    const values = images * shape.height * shape.width;
    const momentum = numberAttribute(opCase, "momentum");
    const batch = [bench.read(statistics.mean), bench.read(statistics.variance).map((v) => (v * values) / (values - 1))];
    after.forEach((vector, i) => {
      vector.forEach((old, c) => {
        vector[c] = old + momentum * (batch[i][c] - old);
      });
    });
  }
  return [
    compare(opCase, "output", toNchw(bench.read(y.value), shape)),
    compare(opCase, "grad_input", toNchw(bench.read(x.gradient), shape)),
    compare(opCase, "grad_weight", bench.read(parameters.gamma.gradient)),
    compare(opCase, "grad_bias", bench.read(parameters.beta.gradient)),
    compare(opCase, "running_mean_after", after[0]),
    compare(opCase, "running_var_after", after[1]),
  ];
};
