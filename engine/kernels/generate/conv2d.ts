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
import { blocksAlong, type StrassenLevels } from "./strassen.ts";
import { strassenInputGradient, strassenProduct } from "./strassenProduct.ts";
import { strassenWeightGradient } from "./strassenWeightGradient.ts";
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
  const levels = strassenLevels(shape, options);
  if (levels !== undefined) return strassenProduct(toPointwise(shape), levels);
  const precision = precisionOf(options, (shape.kernelHeight * shape.kernelWidth * shape.channels) / shape.groups);
  return isPointwise(shape) ? pointwise(toPointwise(shape), precision) : directConvolution(shape, precision);
}

/** dx (+)= dy ∗ flipped w. (images, dy, w, dx) */
export function conv2dInputGradient(shape: Conv2dShape, accumulate: boolean, options: KernelOptions): Recipe {
  const geometry = winogradGeometry(shape, options);
  if (geometry !== undefined) return winogradInputGradient(shape, geometry, accumulate);
  if (isDepthwise(shape)) return depthwiseInputGradient(shape, accumulate);
  const levels = strassenLevels(shape, options);
  if (levels !== undefined) return strassenInputGradient(toPointwise(shape), levels, accumulate);
  const sums = { accumulate, precision: precisionOf(options, (shape.kernelHeight * shape.kernelWidth * shape.outChannels) / shape.groups) };
  return isPointwise(shape) ? pointwiseInputGradient(toPointwise(shape), sums) : directInputGradient(shape, sums);
}

/** dw (+)= correlation of x with dy. (images, x, dy, dw) */
export function conv2dWeightGradient(shape: Conv2dShape, accumulate: boolean, options: KernelOptions): Recipe {
  const geometry = winogradGeometry(shape, options);
  if (geometry !== undefined) return winogradWeightGradient(shape, geometry, accumulate);
  if (isDepthwise(shape)) return depthwiseWeightGradient(shape, accumulate);
  const levels = strassenLevels(shape, options);
  if (levels !== undefined) return strassenWeightGradient(toPointwise(shape), levels, accumulate);
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

const FEWEST_FOR_STRASSEN = 128; // channels on either side: with fewer its additions cost more than the products that it saves
const FEWEST_FOR_TWO_LEVELS = 256;
const FEWEST_PIXELS_FOR_STRASSEN = 16; // the sums of the weights are made for all pixels together, and should be few beside their products

/**
 * How often Strassen's algorithm is applied to a 1×1 convolution, if at all: a pure function of the shape and the run's configuration, as
 * `winogradGeometry` is. Blocks are whole vectors wide, and as many rows of every batch go into each.
 */
export function strassenLevels(shape: Conv2dShape, options: KernelOptions): StrassenLevels | undefined {
  const { channels, outChannels } = shape;
  const pixels = shape.height * shape.width;
  const fewest = Math.min(channels, outChannels);
  if (options.convolution !== "winograd" || !isPointwise(shape) || pixels < FEWEST_PIXELS_FOR_STRASSEN) return undefined;
  const divides = (levels: StrassenLevels) => {
    const blocks = blocksAlong(levels);
    return pixels % blocks === 0 && channels % (4 * blocks) === 0 && outChannels % (4 * blocks) === 0;
  };
  if (fewest >= FEWEST_FOR_TWO_LEVELS && divides(2)) return 2;
  return fewest >= FEWEST_FOR_STRASSEN && channels * outChannels > FEWEST_FOR_STRASSEN ** 2 && divides(1) ? 1 : undefined;
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
