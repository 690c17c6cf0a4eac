import { sameShape, shapeText } from "../graph/shape.ts";
import { describeLayers, type LayersDescription } from "../layers/describe.ts";
import type { BatchNormDescriptor, ParameterDescriptor } from "../parameters/descriptor.ts";
import type { ModelDefinition } from "./definition.ts";

/** What is known of a model before it has memory. */
export interface ModelDescription extends LayersDescription {
  readonly definition: ModelDefinition;
}

export function describeModel(definition: ModelDefinition): ModelDescription {
  const layers = describeLayers(definition.layers, definition.input);
  const { input, loss } = definition;
  if (loss.type === "meanSquaredError" && !sameShape(input, layers.output)) {
    throw new Error(`meanSquaredError: expected an output of the input's shape ${shapeText(input)}, got ${shapeText(layers.output)}`);
  }
  if (loss.type === "softmaxCrossEntropy" && (layers.output.height !== 1 || layers.output.width !== 1)) {
    throw new Error(`softmaxCrossEntropy: expected one vector of logits per image, got a map of ${shapeText(layers.output)}`);
  }
  return { definition, ...layers };
}

/**
 * One tensor of the gradient vector, which is [gradients of all trainable parameters | mean, variance of each batch norm layer]:
 * the unit that has a scale of its own when gradients become integers.
 */
export interface GradientTensor {
  readonly name: string;
  readonly offset: number;
  readonly elements: number;
}

/** Those that have a gradient and are updated. */
export function trainableParameters({ parameters }: LayersDescription): readonly ParameterDescriptor[] {
  return parameters.filter(({ frozen }) => !frozen);
}

export function gradientTensors(description: ModelDescription): readonly GradientTensor[] {
  const parameters = trainableParameters(description).map(({ name, offset, elements }) => ({ name, offset, elements }));
  const start = description.trainableElements;
  const statistics = description.batchNorms.flatMap(({ name, channels, offset }: BatchNormDescriptor) => [
    { name: `${name}.running_mean`, offset: start + offset, elements: channels },
    { name: `${name}.running_var`, offset: start + offset + channels, elements: channels },
  ]);
  return [...parameters, ...statistics];
}
