import type { Address } from "../kernels/kernels.ts";
import type { EngineCore } from "../model/core.ts";
import { type ModelDescription, trainableParameters } from "../model/description.ts";
import { RUNNING_MOMENTUM } from "../model/statistics.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { nextExponent, type Quantization } from "./quantization.ts";
import type { StateLayout } from "./stateLayout.ts";
import { LOSS_UNITS, type VectorLayout } from "./vectorLayout.ts";

export interface StepOptions {
  readonly learningRate: number;
  /** Counts from 0. */
  readonly step: number;
}

/** Of the global batch of one step. */
export interface StepMetrics {
  /** The sum over the images, in units of 2^-12. */
  readonly lossSum: number;
  readonly correct: number;
  readonly images: number;
  /** Gradient elements that were out of their tensor's range. */
  readonly saturated: number;
  /** Gradient elements, or losses, that were NaN or infinite. */
  readonly nonFinite: number;
  /** Nothing was changed, because something was not finite. */
  readonly skipped: boolean;
  /** Of the mean gradient before clipping; 0 when skipped. */
  readonly gradientNorm: number;
}

export interface UpdateParts {
  readonly core: EngineCore;
  readonly description: ModelDescription;
  readonly layout: VectorLayout;
  readonly state: StateLayout;
  readonly quantization: Quantization;
  readonly optimizer: Optimizer;
  readonly clipNorm: number | undefined;
}

const CLIP_EPSILON = 1e-6; // as PyTorch's clip_grad_norm_

/** The function that every replica applies to the same reduced vector, with the same bits as result. */
export function createUpdate(parts: UpdateParts): (reduced: Int32Array, options: StepOptions) => StepMetrics {
  const { core, description, layout, state, optimizer, clipNorm } = parts;
  const { memory, vector } = core;
  const integers = memory.allocate(layout.elements);
  const gradient = memory.allocate(layout.elements);
  return (reduced, { learningRate, step }) => {
    if (reduced.length !== layout.length) throw new Error(`expected a reduced vector of ${layout.length} elements, got ${reduced.length}`);
    const counted = readCounters(reduced, layout);
    if (counted.nonFinite !== 0) return { ...counted, skipped: true, gradientNorm: 0 };

    memory.i32.set(reduced.subarray(0, layout.elements), integers);
    dequantize(parts, layout.tensors.length, integers, gradient, 1 / counted.images);
    const gradientNorm = Math.sqrt(vector.sumOfSquares(description.trainableElements, gradient));
    if (clipNorm !== undefined && gradientNorm > clipNorm) {
      const clipped = clipNorm / (gradientNorm + CLIP_EPSILON);
      dequantize(parts, trainableParameters(description).length, integers, gradient, clipped / counted.images);
    }
    optimizer.update({ parameters: state.parameters, gradient, state: state.optimizer }, learningRate, step);
    vector.lerp(description.statisticsElements, gradient + description.trainableElements, state.statistics, RUNNING_MOMENTUM);
    layout.tensors.forEach((_, t) => {
      const exponent = memory.i32[state.exponents + t];
      memory.i32[state.exponents + t] = nextExponent(exponent, reduced[layout.sumLength + t]);
    });
    return { ...counted, skipped: false, gradientNorm };
  };
}

/** Counts that no honest replicas can have added up to are one thing more that is not finite: the step is skipped by all alike. */
const IMPOSSIBLE = { lossSum: 0, correct: 0, images: 0, saturated: 0, nonFinite: 1 };

function readCounters(reduced: Int32Array, layout: VectorLayout): Omit<StepMetrics, "skipped" | "gradientNorm"> {
  const counted = {
    lossSum: reduced[layout.lossSum],
    correct: reduced[layout.correct],
    images: reduced[layout.images],
    saturated: reduced[layout.saturated],
    nonFinite: reduced[layout.nonFinite],
  };
  const { images, correct, saturated, nonFinite } = counted;
  return images >= 1 && correct >= 0 && correct <= images && saturated >= 0 && nonFinite >= 0 ? counted : IMPOSSIBLE;
}

/** gradient = sums · 2^−shift · factor, each of the first `tensors` with its own shift. */
function dequantize(parts: UpdateParts, tensors: number, integers: Address, gradient: Address, factor: number): void {
  const { core, layout, state, quantization } = parts;
  layout.tensors.slice(0, tensors).forEach(({ offset, elements }, t) => {
    const shift = quantization.bits - core.memory.i32[state.exponents + t];
    core.vector.dequantize(elements, integers + offset, gradient + offset, shift, factor);
  });
}

/** The mean loss of a step. */
export function meanLoss({ lossSum, images }: Pick<StepMetrics, "lossSum" | "images">): number {
  return lossSum / LOSS_UNITS / images;
}
