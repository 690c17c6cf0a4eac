import type { KernelOptions } from "../kernelSet.ts";
import type { Conv2dShape } from "../kernels.ts";
import { depthwise, depthwiseInputGradient } from "./depthwise.ts";
import { depthwiseWeightGradient } from "./depthwiseWeightGradient.ts";
import { directConvolution, directInputGradient } from "./directConvolution.ts";
import { directWeightGradient } from "./directWeightGradient.ts";
import { type PointwiseShape, pointwise, pointwiseInputGradient } from "./pointwise.ts";
import { pointwiseWeightGradient } from "./pointwiseWeightGradient.ts";
import type { Recipe } from "./recipe.ts";

/** y = x ∗ w by the algorithm for the shape. (images, x, w, y) */
export function conv2d(shape: Conv2dShape, options: KernelOptions): Recipe {
  switch (algorithm(shape, options)) {
    case "pointwise":
      return pointwise(toPointwise(shape));
    case "depthwise":
      return depthwise(shape);
    case "direct":
      return directConvolution(shape);
  }
}

/** dx (+)= dy ∗ flipped w. (images, dy, w, dx) */
export function conv2dInputGradient(shape: Conv2dShape, accumulate: boolean, options: KernelOptions): Recipe {
  switch (algorithm(shape, options)) {
    case "pointwise":
      return pointwiseInputGradient(toPointwise(shape), accumulate);
    case "depthwise":
      return depthwiseInputGradient(shape, accumulate);
    case "direct":
      return directInputGradient(shape, accumulate);
  }
}

/** dw (+)= correlation of x with dy. (images, x, dy, dw) */
export function conv2dWeightGradient(shape: Conv2dShape, accumulate: boolean, options: KernelOptions): Recipe {
  switch (algorithm(shape, options)) {
    case "pointwise":
      return pointwiseWeightGradient(toPointwise(shape), accumulate);
    case "depthwise":
      return depthwiseWeightGradient(shape, accumulate);
    case "direct":
      return directWeightGradient(shape, accumulate);
  }
}

/** A pure function of the shape and the run's configuration: every machine adds in the same order. */
function algorithm(shape: Conv2dShape, _options: KernelOptions): "pointwise" | "depthwise" | "direct" {
  const { channels, outChannels, kernelHeight, kernelWidth, stride, padding, groups } = shape;
  if (groups === channels && groups === outChannels && groups > 1) return "depthwise";
  if (kernelHeight === 1 && kernelWidth === 1 && stride === 1 && padding === 0 && groups === 1) return "pointwise";
  return "direct";
}

function toPointwise(shape: Conv2dShape): PointwiseShape {
  return { pixels: shape.height * shape.width, channels: shape.channels, outChannels: shape.outChannels };
}
