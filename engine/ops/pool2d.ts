import { flushing, read, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { elementsOf, type Shape } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Pool2dShape } from "../kernels/kernels.ts";
import { outputSize } from "../kernels/outputSize.ts";

export interface Pool2dOptions {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
}

/** y[n, p, c] = max of x[n, window of p, c]; backward sends dy to where the (first) maximum was. */
export function maxPool2d(g: Graph, x: Tensor, options: Pool2dOptions): Tensor {
  const shape = poolShape(x.shape, options);
  const y = g.tensor(pool2dOutputShape(x.shape, options), x);
  const argmax = g.buffer(elementsOf(y.shape));
  g.call(g.kernels.maxPool2d(shape), 1, read(x.value), g.carried(write(y.value), x.value), write(argmax));
  g.onBackward(y, () => {
    if (!x.needsGradient) return;
    const dx = gradientOf(x);
    g.call(g.kernels.maxPool2dBackward(shape, dx.accumulate), 1, read(y.gradient), read(argmax), g.carried(dx.operand, y.gradient));
  });
  return y;
}

/** y[n, p, c] = mean of x[n, window of p, c]; padding counts as zeros when `countPadding`. */
export function meanPool2d(g: Graph, x: Tensor, options: Pool2dOptions, countPadding: boolean): Tensor {
  const shape = poolShape(x.shape, options);
  const y = g.tensor(pool2dOutputShape(x.shape, options), x);
  g.call(g.kernels.meanPool2d(shape, countPadding), 1, read(x.value), flushing(write(y.value)));
  g.onBackward(y, () => {
    if (!x.needsGradient) return;
    const dx = gradientOf(x);
    g.call(
      g.kernels.meanPool2dBackward(shape, countPadding, dx.accumulate),
      1,
      read(y.gradient),
      flushing(dx.operand, !dx.accumulate || g.isFlushed(dx.operand.buffer)),
    );
  });
  return y;
}

/** y[n, c] = mean of x[n, :, c]. */
export function globalMeanPool2d(g: Graph, x: Tensor): Tensor {
  const { height, width } = x.shape;
  return meanPool2d(g, x, { kernelHeight: height, kernelWidth: width, stride: 1, padding: 0 }, false);
}

export function pool2dOutputShape(input: Shape, options: Pool2dOptions): Shape {
  const { kernelHeight, kernelWidth, stride, padding } = options;
  return {
    height: outputSize(input.height, kernelHeight, stride, padding),
    width: outputSize(input.width, kernelWidth, stride, padding),
    channels: input.channels,
  };
}

function poolShape({ height, width, channels }: Shape, options: Pool2dOptions): Pool2dShape {
  const { kernelHeight, kernelWidth, stride, padding } = options;
  return { height, width, channels, kernelHeight, kernelWidth, stride, padding };
}
