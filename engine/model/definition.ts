import type { Shape } from "../graph/shape.ts";
import type { Layer } from "../layers/layer.ts";

/** A model is data: what every peer must know to build the same one. */
export interface ModelDefinition {
  readonly input: Shape;
  readonly layers: Layer;
  readonly loss: Loss;
}

export type Loss =
  | { readonly type: "softmaxCrossEntropy"; readonly labelSmoothing: number }
  /** Against the input itself: an autoencoder. */
  | { readonly type: "meanSquaredError" };

export const CIFAR_SHAPE: Shape = { height: 32, width: 32, channels: 3 };
export const CIFAR_CLASSES = 10;

export function softmaxCrossEntropy(options: { readonly labelSmoothing?: number } = {}): Loss {
  return { type: "softmaxCrossEntropy", labelSmoothing: 0, ...options };
}

export const meanSquaredError: Loss = { type: "meanSquaredError" };

/** The same model with another label smoothing; a model without labels has none. */
export function withLabelSmoothing(definition: ModelDefinition, labelSmoothing: number): ModelDefinition {
  return definition.loss.type === "softmaxCrossEntropy" ? { ...definition, loss: { ...definition.loss, labelSmoothing } } : definition;
}
