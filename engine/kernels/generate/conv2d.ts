import type { KernelOptions } from "../kernelSet.ts";
import type { Conv2dShape } from "../kernels.ts";
import { depthwise, depthwiseInputGradient } from "./depthwise.ts";
import { depthwiseWeightGradient } from "./depthwiseWeightGradient.ts";
import { directConvolution, directInputGradient } from "./directConvolution.ts";
import { directWeightGradient } from "./directWeightGradient.ts";
import { type PointwiseShape, pointwise, pointwiseInputGradient } from "./pointwise.ts";
import { pointwiseWeightGradient } from "./pointwiseWeightGradient.ts";
import type { Recipe } from "./recipe.ts";
import { type Precision, partialFrom } from "./registerTile.ts";
import { winograd, winogradInputGradient } from "./winograd.ts";
import { tileChunk } from "./winogradGroups.ts";
import { tilesAlong, type WinogradGeometry } from "./winogradTile.ts";
import { F2, F4, type MinimalFiltering } from "./winogradTransforms.ts";
import { winogradWeightGradient } from "./winogradWeightGradient.ts";

/** y = x ∗ w by the algorithm for the shape. (images, x, w, y) */
export function conv2d(shape: Conv2dShape, options: KernelOptions): Recipe {
  const geometry = winogradGeometry(shape, options);
  if (geometry !== undefined) return winograd(shape, geometry);
  if (isDepthwise(shape)) return depthwise(shape);
  const precision = precisionOf(options, (shape.kernelHeight * shape.kernelWidth * shape.channels) / shape.groups);
  return isPointwise(shape) ? pointwise(toPointwise(shape), precision) : directConvolution(shape, precision);
}

/** dx (+)= dy ∗ flipped w. (images, dy, w, dx) */
export function conv2dInputGradient(shape: Conv2dShape, accumulate: boolean, options: KernelOptions): Recipe {
  const geometry = winogradGeometry(shape, options);
  if (geometry !== undefined) return winogradInputGradient(shape, geometry, accumulate);
  if (isDepthwise(shape)) return depthwiseInputGradient(shape, accumulate);
  const sums = { accumulate, precision: precisionOf(options, (shape.kernelHeight * shape.kernelWidth * shape.outChannels) / shape.groups) };
  return isPointwise(shape) ? pointwiseInputGradient(toPointwise(shape), sums) : directInputGradient(shape, sums);
}

/** dw (+)= correlation of x with dy. (images, x, dy, dw) */
export function conv2dWeightGradient(shape: Conv2dShape, accumulate: boolean, options: KernelOptions): Recipe {
  const geometry = winogradGeometry(shape, options);
  if (geometry !== undefined) return winogradWeightGradient(shape, geometry, accumulate);
  if (isDepthwise(shape)) return depthwiseWeightGradient(shape, accumulate);
  return isPointwise(shape) ? pointwiseWeightGradient(toPointwise(shape), accumulate) : directWeightGradient(shape, accumulate);
}

/** Totals in f64 are for the exact path; beside Winograd's rounding they would only cost time. `steps` are those of one sum. */
function precisionOf({ convolution }: KernelOptions, steps: number): Precision {
  return convolution === "direct" ? "blocked" : partialFrom(steps);
}

const FEWEST_CHANNELS = 8; // with fewer the transforms cost more than the products that they save

/**
 * Whether and how a convolution is done by Winograd's algorithm. A pure function of the shape and the run's configuration: every
 * machine adds in the same order. Of F(4×4) and F(2×2) the one with fewer products for the map, tiles over its edge included.
 */
export function winogradGeometry(shape: Conv2dShape, options: KernelOptions): WinogradGeometry | undefined {
  const { height, width, channels, outChannels, kernelHeight, kernelWidth, stride, padding, dilation, groups } = shape;
  if (options.convolution !== "winograd" || kernelHeight !== 3 || kernelWidth !== 3) return undefined;
  if (stride !== 1 || padding !== 1 || dilation !== 1 || groups !== 1 || Math.min(height, width) < 2) return undefined;
  if (Math.min(channels, outChannels) < FEWEST_CHANNELS) return undefined;
  const products = (filtering: MinimalFiltering) => tilesAlong(height, filtering) * tilesAlong(width, filtering) * filtering.points ** 2;
  const filtering = products(F4) < products(F2) ? F4 : F2;
  return { filtering, height, width, chunk: tileChunk(filtering.points, channels, outChannels) };
}

/** One filter a channel. */
function isDepthwise({ channels, outChannels, groups }: Conv2dShape): boolean {
  return groups > 1 && groups === channels && groups === outChannels;
}

/** No neighbours: a product of matrices. */
function isPointwise({ kernelHeight, kernelWidth, stride, padding, groups }: Conv2dShape): boolean {
  return kernelHeight === 1 && kernelWidth === 1 && stride === 1 && padding === 0 && groups === 1;
}

function toPointwise({ height, width, channels, outChannels }: Conv2dShape): PointwiseShape {
  return { pixels: height * width, channels, outChannels };
}
