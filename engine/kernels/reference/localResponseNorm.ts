import { pow } from "../../numerics/log.ts";
import type { Kernels, LocalResponseNormShape } from "../kernels.ts";
import type { ReferenceMemorySource } from "../reference.ts";
import { flush, flushFactor } from "./flush.ts";

type LocalResponseNormKernels = Pick<Kernels, "localResponseNorm" | "localResponseNormBackward">;

/** The window of channel c is [c − ⌊size/2⌋, c + ⌊(size − 1)/2⌋], cut at the ends (PyTorch's). */
export function localResponseNormReference(memory: ReferenceMemorySource): LocalResponseNormKernels {
  return {
    localResponseNorm: (shape) => (images, x, y, denominator) => {
      const h = memory().f32;
      const { channels, size, alpha, beta, k } = shape;
      for (let pixel = 0; pixel < images * shape.height * shape.width; pixel++) {
        for (let c = 0; c < channels; c++) {
          let squares = 0;
          for (const neighbour of window(shape, c)) squares += flush(square(h[x + pixel * channels + neighbour]));
          const i = pixel * channels + c;
          h[denominator + i] = k + (alpha / size) * squares;
          h[y + i] = flushFactor(h[x + i] * pow(h[denominator + i], -beta));
        }
      }
    },
    /** dx_j = dy_j d_j^−β − (2 α β / size) x_j Σ_{i: j in the window of i} dy_i y_i / d_i. */
    localResponseNormBackward: (shape, accumulate) => (images, x, y, denominator, dy, dx) => {
      const h = memory().f32;
      const { channels, size, alpha, beta } = shape;
      for (let pixel = 0; pixel < images * shape.height * shape.width; pixel++) {
        const sums = new Float64Array(channels);
        for (let c = 0; c < channels; c++) {
          const i = pixel * channels + c;
          for (const neighbour of window(shape, c)) sums[neighbour] += flushFactor((h[dy + i] * h[y + i]) / h[denominator + i]);
        }
        for (let c = 0; c < channels; c++) {
          const i = pixel * channels + c;
          const value = h[dy + i] * pow(h[denominator + i], -beta) - ((2 * alpha * beta) / size) * h[x + i] * sums[c];
          h[dx + i] = flushFactor(accumulate ? h[dx + i] + value : value);
        }
      }
    },
  };
}

function window(shape: LocalResponseNormShape, channel: number): readonly number[] {
  const first = channel - Math.floor(shape.size / 2);
  return Array.from({ length: shape.size }, (_, i) => first + i).filter((c) => c >= 0 && c < shape.channels);
}

function square(x: number): number {
  return x * x;
}
