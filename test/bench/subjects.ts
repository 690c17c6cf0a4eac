import {
  CIFAR_SHAPE,
  conv2d,
  flatten,
  isModelName,
  type Layer,
  linear,
  type ModelDefinition,
  type ModelName,
  maxPool2d,
  modelDefinition,
  modelNames,
  relu,
  sequential,
  softmaxCrossEntropy,
} from "../../engine/index.ts";

/** What can be measured: the models by name, and one that only measures. */
export type SubjectName = ModelName | "vgg_small";

export function isSubjectName(word: string): word is SubjectName {
  return word === "vgg_small" || isModelName(word);
}

export const subjectNames: readonly SubjectName[] = [...modelNames, "vgg_small"];

/** Of a model by name, or of one that is a definition already. */
export function subjectDefinition(name: SubjectName | ModelDefinition): ModelDefinition {
  if (typeof name !== "string") return name;
  return name === "vgg_small" ? { input: CIFAR_SHAPE, layers: vggSmall(), loss: softmaxCrossEntropy() } : modelDefinition(name);
}

/** 64-64-M-128-128-M-256-256-M-fc256-fc10 without batch norm: almost nothing but wide 3×3 convolutions. */
function vggSmall(): Layer {
  const convolution = (channels: number): readonly Layer[] => [conv2d(channels, 3, { padding: 1 }), relu];
  const stages = [64, 128, 256].flatMap((channels) => [...convolution(channels), ...convolution(channels), maxPool2d(2)]);
  return sequential(...stages, flatten, linear(256), relu, linear(10));
}
