import type { Address } from "../kernels/kernels.ts";
import type { EngineCore } from "./core.ts";
import type { ModelDescription } from "./description.ts";
import type { VectorAddresses } from "./program.ts";

/** The share of a new batch in the running statistics: PyTorch's default. */
export const RUNNING_MOMENTUM = 0.1;

/**
 * Turns the mean and the biased variance of a batch of `images`, as the kernels leave them after the gradients, into weight · mean and
 * weight · unbiased variance. With the images as weight, slots can be summed and divided by all images: every image counts the same.
 */
export function weighBatchStatistics(
  { memory }: EngineCore,
  description: ModelDescription,
  gradient: Address,
  { images, weight }: { readonly images: number; readonly weight: number },
): void {
  const h = memory.f32;
  for (const { channels, offset, pixels } of description.batchNorms) {
    const values = images * pixels;
    const unbiased = Math.fround((weight * values) / Math.max(values - 1, 1)); // of one value there is no unbiased variance: its 0 stays 0
    const mean = gradient + description.trainableElements + offset;
    const variance = mean + channels;
    for (let c = 0; c < channels; c++) {
      h[mean + c] = Math.fround(h[mean + c] * weight);
      h[variance + c] = Math.fround(h[variance + c] * unbiased);
    }
  }
}

/** running ← running + 0.1 (batch − running), from the statistics that stand after the gradients. */
export function updateRunningStatistics({ vector }: EngineCore, description: ModelDescription, addresses: VectorAddresses): void {
  const batch = addresses.gradient + description.trainableElements;
  vector.lerp(description.statisticsElements, batch, addresses.statistics, RUNNING_MOMENTUM);
}
