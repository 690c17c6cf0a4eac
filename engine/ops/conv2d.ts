import { flushing, read, update, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { elementsOf, pixelsOf, type Shape } from "../graph/shape.ts";
import type { Parameter, Tensor } from "../graph/tensor.ts";
import type { Conv2dShape } from "../kernels/kernels.ts";
import { outputSize } from "../kernels/outputSize.ts";
import { POINTWISE } from "../kernels/pointwise.ts";

export interface Conv2dOptions {
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

/** What is added to a convolution, in place: a bias for each output channel, and perhaps a ReLU in the same pass over memory. */
export interface Bias {
  readonly b: Parameter;
  readonly relu: boolean;
}

/** y[n, p, oc] = Σ x[n, stride·p + dilation·tap − padding, ic] · w[tap, ic, oc] (+ b[oc] (then ReLU)), ic within the group of oc. */
export function conv2d(g: Graph, x: Tensor, w: Parameter, bias: Bias | undefined, options: Conv2dOptions): Tensor {
  const { height, width, channels } = x.shape;
  const { outChannels, kernelHeight, kernelWidth, stride, padding, dilation, groups } = options;
  const filter = { outChannels, kernelHeight, kernelWidth, stride, padding, dilation, groups };
  const shape: Conv2dShape = { height, width, channels, ...filter };
  const y = g.tensor(conv2dOutputShape(x.shape, options));
  g.call(g.kernels.conv2d(shape), 1, g.factor(x.value, elementsOf(x.shape)), read(w.value), write(y.value));
  g.onBackward(y, () => {
    const dy = g.factor(y.gradient, elementsOf(y.shape));
    if (w.needsGradient) {
      const dw = gradientOf(w);
      g.call(g.kernels.conv2dWeightGradient(shape, dw.accumulate), 1, read(x.value), dy, dw.operand);
    }
    if (!x.needsGradient) return;
    const dx = gradientOf(x);
    g.call(g.kernels.conv2dInputGradient(shape, dx.accumulate), 1, dy, read(w.value), dx.operand);
  });
  if (bias !== undefined) addBias(g, y, bias); // behind it: its backward pass comes first, and a ReLU's changes dy
  return y;
}

/** y[n, out] = Σ x[n, in] · w[in, out] (+ b[out] (then ReLU)): a 1×1 convolution of a map of one pixel. */
export function linear(g: Graph, x: Tensor, w: Parameter, bias: Bias | undefined, outFeatures: number): Tensor {
  return conv2d(g, x, w, bias, { outChannels: outFeatures, ...POINTWISE });
}

/** y[n, p, c] += b[c] in place (then ReLU); backward dy = dy where y > 0 for the ReLU, db[c] = Σ dy[n, p, c]. */
export function addBias(g: Graph, y: Tensor, { b, relu }: Bias): void {
  const { channels } = y.shape;
  const pixels = pixelsOf(y.shape);
  g.call(g.kernels.addBias(channels, relu), pixels, read(b.value), flushing(update(y.value)));
  g.onBackward(y, () => {
    const db = gradientOf(b);
    if (relu) g.call(g.kernels.biasReluGradient(channels, db.accumulate), pixels, read(y.value), flushing(update(y.gradient)), db.operand);
    else g.call(g.kernels.biasGradient(channels, db.accumulate), pixels, read(y.gradient), db.operand);
  });
}

export function conv2dOutputShape(input: Shape, options: Conv2dOptions): Shape {
  const { kernelHeight, kernelWidth, stride, padding, dilation } = options;
  return {
    height: outputSize(input.height, kernelHeight, stride, padding, dilation),
    width: outputSize(input.width, kernelWidth, stride, padding, dilation),
    channels: options.outChannels,
  };
}
