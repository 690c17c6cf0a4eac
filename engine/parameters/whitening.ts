import type { Shape } from "../graph/shape.ts";
import { eigenpairs } from "../numerics/eigenvectors.ts";
import type { ParameterDescriptor } from "./descriptor.ts";
import { writeParameter } from "./layout.ts";

type Floats = Float32Array | Float64Array;

const EPSILON = 5e-4; // added to the eigenvalues, so that components that are nearly noise are not blown up: airbench94's

/**
 * Filters that turn patches of the images into uncorrelated components of one size: v / √(λ + ε) for each eigenvector v of the patches'
 * second moments, the largest λ first, then the negative of each (Page 2019, "How to Train Your ResNet 8"; airbench94).
 * The images are [image][row][column][channel]; a function of them alone, with the same bits everywhere.
 */
export function writeWhiteningFilters(vector: Floats, descriptor: ParameterDescriptor, images: Floats, input: Shape): void {
  const [filters, , height, width] = descriptor.shape;
  const pairs = eigenpairs(secondMoments(images, input, height, width)).slice(0, filters / 2);
  const positive = pairs.flatMap(({ value, vector: components }) => {
    const factor = 1 / Math.sqrt(Math.max(value, 0) + EPSILON);
    return components.map((component) => component * factor);
  });
  writeParameter(vector, descriptor, [...positive, ...positive.map((value) => -value)]);
}

/** E[p pᵀ] over all patches p of height × width pixels, their elements in PyTorch's order (channel, row, column). */
function secondMoments(images: Floats, { height, width, channels }: Shape, patchHeight: number, patchWidth: number): number[][] {
  const offsets: number[] = [];
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < patchHeight; y++) for (let x = 0; x < patchWidth; x++) offsets.push((y * width + x) * channels + c);
  const sums = offsets.map(() => offsets.map(() => 0));
  const count = images.length / (height * width * channels);
  for (let image = 0; image < count; image++) {
    for (let y = 0; y + patchHeight <= height; y++) {
      for (let x = 0; x + patchWidth <= width; x++) {
        const at = ((image * height + y) * width + x) * channels;
        for (let i = 0; i < offsets.length; i++) {
          const value = images[at + offsets[i]];
          for (let j = 0; j <= i; j++) sums[i][j] += value * images[at + offsets[j]];
        }
      }
    }
  }
  const patches = count * (height - patchHeight + 1) * (width - patchWidth + 1);
  return sums.map((row, i) => row.map((_, j) => (j <= i ? sums[i][j] : sums[j][i]) / patches));
}
