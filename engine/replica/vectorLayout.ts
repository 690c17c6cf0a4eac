import { type GradientTensor, gradientTensors, type ModelDescription } from "../model/description.ts";

/**
 * The integer vector that peers add up: [quantised tensors | lossSum | correct | images | saturated | nonFinite | one maximum per tensor].
 * Two contributions are merged by adding below `sumLength` and taking the larger above it: in any order, with the same result.
 */
export interface VectorLayout {
  readonly tensors: readonly GradientTensor[];
  /** Elements of all tensors. */
  readonly elements: number;
  /** Positions in the vector. */
  readonly lossSum: number;
  readonly correct: number;
  readonly images: number;
  readonly saturated: number;
  readonly nonFinite: number;
  readonly sumLength: number;
  readonly length: number;
}

/** The loss travels in units of 2^-12. */
export const LOSS_UNITS = 4096;

export function vectorLayout(description: ModelDescription): VectorLayout {
  const tensors = gradientTensors(description);
  const elements = description.trainableElements + description.statisticsElements;
  const sumLength = elements + 5;
  return {
    tensors,
    elements,
    lossSum: elements,
    correct: elements + 1,
    images: elements + 2,
    saturated: elements + 3,
    nonFinite: elements + 4,
    sumLength,
    length: sumLength + tensors.length,
  };
}

/** Adds one contribution to another, in place. */
export function mergeVectors(into: Int32Array, from: Int32Array, layout: Pick<VectorLayout, "sumLength" | "length">): void {
  if (into.length !== layout.length || from.length !== layout.length) {
    throw new Error(`expected two vectors of ${layout.length} elements, got ${into.length} and ${from.length}`);
  }
  for (let i = 0; i < layout.sumLength; i++) into[i] += from[i];
  for (let i = layout.sumLength; i < layout.length; i++) into[i] = Math.max(into[i], from[i]);
}
