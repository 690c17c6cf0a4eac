import type { Parameter, Tensor } from "../../../engine/graph/tensor.ts";
import type { NamedTensor } from "../../../engine/index.ts";
import { POINTWISE } from "../../../engine/kernels/pointwise.ts";
import { conv2d, linear } from "../../../engine/ops/conv2d.ts";
import { convTranspose2d } from "../../../engine/ops/convTranspose2d.ts";
import type { ParameterDescriptor } from "../../../engine/parameters/descriptor.ts";
import { FILTER_AXES, readParameter, writeParameter } from "../../../engine/parameters/layout.ts";
import type { Comparison } from "../comparison.ts";
import { mapShape, toNchw, toNhwc } from "../layouts.ts";
import { OpBench } from "../opBench.ts";
import { compare, numberAttribute, type OpCase, type OpRunner, tensorOf } from "../opCase.ts";

const biasOf = (b: Parameter | undefined) => (b === undefined ? undefined : { b, relu: false });

type Apply = (bench: OpBench, x: Tensor, w: Parameter, b: Parameter | undefined) => Tensor;

export const conv2dCase: OpRunner = (core, opCase) => {
  const [outChannels = 0, , kernelHeight = 1, kernelWidth = 1] = tensorOf(opCase, "weight").shape;
  const [stride, padding, groups] = ["stride", "padding", "groups"].map((name) => numberAttribute(opCase, name));
  const options = { outChannels, kernelHeight, kernelWidth, stride, padding, groups, dilation: numberAttribute(opCase, "dilation") };
  return filterCase(new OpBench(core, imagesOf(opCase)), opCase, (bench, x, w, b) => conv2d(bench.graph, x, w, biasOf(b), options));
};

export const convTranspose2dCase: OpRunner = (core, opCase) => {
  const [, perGroup = 0, kernelHeight = 1, kernelWidth = 1] = tensorOf(opCase, "weight").shape;
  const [stride, padding, groups] = ["stride", "padding", "groups"].map((name) => numberAttribute(opCase, name));
  const outputPadding = numberAttribute(opCase, "output_padding");
  const options = { outChannels: perGroup * groups, kernelHeight, kernelWidth, stride, padding, outputPadding, groups };
  return filterCase(new OpBench(core, imagesOf(opCase)), opCase, (bench, x, w, b) => convTranspose2d(bench.graph, x, w, b, options));
};

export const linearCase: OpRunner = (core, opCase) =>
  filterCase(new OpBench(core, imagesOf(opCase)), opCase, (bench, x, w, b) =>
    linear(bench.graph, x, w, biasOf(b), tensorOf(opCase, "weight").shape[0]),
  );

export const depthwiseSeparableCase: OpRunner = async (core, opCase) => {
  const bench = new OpBench(core, imagesOf(opCase));
  const [stride, padding] = [numberAttribute(opCase, "stride"), numberAttribute(opCase, "padding")];
  const input = tensorOf(opCase, "input");
  const shape = mapShape(input);
  const x = bench.input(shape, toNhwc(input.values, shape));
  const depthwise = filter(bench, tensorOf(opCase, "depthwise"));
  const pointwise = filter(bench, tensorOf(opCase, "pointwise"));
  const { channels } = shape;
  const spatial = { outChannels: channels, kernelHeight: 3, kernelWidth: 3, stride, padding, dilation: 1, groups: channels };
  const mix = { outChannels: tensorOf(opCase, "pointwise").shape[0], ...POINTWISE };
  const y = conv2d(bench.graph, conv2d(bench.graph, x, depthwise, undefined, spatial), pointwise, undefined, mix);
  await runMaps(bench, opCase, y);
  return [
    compare(opCase, "output", toNchw(bench.read(y.value), y.shape)),
    compare(opCase, "grad_input", toNchw(bench.read(x.gradient), shape)),
    compare(opCase, "grad_depthwise", torchFilter(bench, depthwise, tensorOf(opCase, "depthwise"))),
    compare(opCase, "grad_pointwise", torchFilter(bench, pointwise, tensorOf(opCase, "pointwise"))),
  ];
};

async function filterCase(bench: OpBench, opCase: OpCase, apply: Apply): Promise<readonly Comparison[]> {
  const input = tensorOf(opCase, "input");
  const shape = mapShape(input);
  const x = bench.input(shape, toNhwc(input.values, shape));
  const w = filter(bench, tensorOf(opCase, "weight"));
  const b = opCase.tensors.has("bias") ? bench.parameter(tensorOf(opCase, "bias").values) : undefined;
  const y = apply(bench, x, w, b);
  await runMaps(bench, opCase, y);
  return [
    compare(opCase, "output", toNchw(bench.read(y.value), y.shape)),
    compare(opCase, "grad_input", toNchw(bench.read(x.gradient), shape)),
    compare(opCase, "grad_weight", torchFilter(bench, w, tensorOf(opCase, "weight"))),
    ...(b === undefined ? [] : [compare(opCase, "grad_bias", bench.read(b.gradient))]),
  ];
}

/** Forward, then backward from the case's `grad_out`. */
export async function runMaps(bench: OpBench, opCase: OpCase, y: Tensor): Promise<void> {
  await bench.finish(y);
  bench.forward();
  bench.backward(toNhwc(tensorOf(opCase, "grad_out").values, y.shape));
}

export function imagesOf(opCase: OpCase, name = "input"): number {
  return tensorOf(opCase, name).shape[0];
}

function filter(bench: OpBench, tensor: NamedTensor): Parameter {
  const values = new Float64Array(tensor.values.length);
  writeParameter(values, descriptorOf(tensor), tensor.values);
  return bench.parameter(values);
}

function torchFilter(bench: OpBench, parameter: Parameter, tensor: NamedTensor): Float32Array {
  return readParameter(bench.read(parameter.gradient), descriptorOf(tensor));
}

/** [out][in](…) as a filter with any missing axes of length 1. */
function descriptorOf({ name, shape, values }: NamedTensor): ParameterDescriptor {
  const view = [shape[0] ?? 1, shape[1] ?? 1, shape[2] ?? 1, shape[3] ?? 1];
  return { name, shape, layout: { view, axes: FILTER_AXES }, initial: "zeros", frozen: false, offset: 0, elements: values.length };
}
