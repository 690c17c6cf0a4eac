import { read, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { elementsOf, type Shape } from "../graph/shape.ts";
import type { Parameter, Tensor } from "../graph/tensor.ts";
import type { Conv2dShape } from "../kernels/kernels.ts";
import { addBias } from "./conv2d.ts";

export interface ConvTranspose2dOptions {
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  readonly outputPadding: number;
  readonly groups: number;
}

/**
 * y = the transpose of a convolution applied to x, (+ b): that convolution takes maps like y to maps like x,
 * with filters w[tap, outChannels / groups, inChannels]. So forward is its input gradient, and backward its forward.
 */
export function convTranspose2d(g: Graph, x: Tensor, w: Parameter, b: Parameter | undefined, options: ConvTranspose2dOptions): Tensor {
  const { kernelHeight, kernelWidth, stride, padding, groups } = options;
  const y = g.tensor(convTranspose2dOutputShape(x.shape, options));
  const filter = { outChannels: x.shape.channels, kernelHeight, kernelWidth, stride, padding, dilation: 1, groups };
  const shape: Conv2dShape = { ...y.shape, ...filter };
  g.call(g.kernels.conv2dInputGradient(shape, false), 1, g.factor(x.value, elementsOf(x.shape)), read(w.value), write(y.value));
  if (b !== undefined) addBias(g, y, { b, relu: false });
  g.onBackward(y, () => {
    const dy = g.factor(y.gradient, elementsOf(y.shape));
    const dw = gradientOf(w);
    g.call(g.kernels.conv2dWeightGradient(shape, dw.accumulate), 1, dy, read(x.value), dw.operand);
    if (!x.needsGradient) return;
    const dx = gradientOf(x);
    if (!dx.accumulate) {
      g.call(g.kernels.conv2d(shape), 1, dy, read(w.value), dx.operand);
      return;
    }
    const contribution = g.buffer(x.shape.height * x.shape.width * x.shape.channels); // the forward kernel overwrites
    g.call(g.kernels.conv2d(shape), 1, dy, read(w.value), write(contribution));
    g.call(g.kernels.copy(true), x.shape.height * x.shape.width * x.shape.channels, read(contribution), dx.operand);
  });
  return y;
}

/** (in − 1) · stride − 2 padding + kernel + outputPadding, along both axes. */
export function convTranspose2dOutputShape(input: Shape, options: ConvTranspose2dOptions): Shape {
  const { stride, padding, outputPadding } = options;
  const size = (from: number, kernel: number): number => (from - 1) * stride - 2 * padding + kernel + outputPadding;
  return {
    height: size(input.height, options.kernelHeight),
    width: size(input.width, options.kernelWidth),
    channels: options.outChannels,
  };
}
