import type { Layer } from "../layers/layer.ts";
import { CIFAR_CLASSES, CIFAR_SHAPE, type Loss, type ModelDefinition, meanSquaredError, softmaxCrossEntropy } from "../model/definition.ts";
import { alexnet } from "./alexnet.ts";
import { autoencoder } from "./autoencoder.ts";
import { type DensenetOptions, densenet } from "./densenet.ts";
import { fast } from "./fast.ts";
import { googlenet } from "./googlenet.ts";
import { lenet5 } from "./lenet5.ts";
import { mobilenet } from "./mobilenet.ts";
import { resnet18, resnetCifar } from "./resnet.ts";
import { type VggDepth, vgg } from "./vgg.ts";

interface NamedModel {
  readonly layers: () => Layer;
  readonly loss: Loss;
}

/** For 32×32×3 images of ten classes; parameter names and shapes are those of the well-known PyTorch repositories for CIFAR. */
const MODELS = {
  lenet5: classifier(lenet5),
  alexnet: classifier(alexnet),
  vgg11: normalizedVgg(11),
  vgg13: normalizedVgg(13),
  vgg16: normalizedVgg(16),
  vgg19: normalizedVgg(19),
  vgg11_plain: plainVgg(11),
  vgg13_plain: plainVgg(13),
  vgg16_plain: plainVgg(16),
  vgg19_plain: plainVgg(19),
  googlenet: classifier(googlenet),
  resnet20: resnet(20),
  resnet32: resnet(32),
  resnet44: resnet(44),
  resnet56: resnet(56),
  resnet110: resnet(110),
  resnet18: classifier(resnet18),
  densenet_40_12: dense({ depth: 40, growth: 12, bottleneck: false }),
  densenet_bc_40_12: dense({ depth: 40, growth: 12, bottleneck: true }),
  densenet_bc_100_12: dense({ depth: 100, growth: 12, bottleneck: true }),
  mobilenet: classifier(mobilenet),
  fast: classifier(fast),
  autoencoder: { layers: () => autoencoder(CIFAR_SHAPE.channels), loss: meanSquaredError },
} as const satisfies Readonly<Record<string, NamedModel>>;

export type ModelName = keyof typeof MODELS;

export const modelNames = Object.keys(MODELS) as readonly ModelName[];

export function isModelName(name: string): name is ModelName {
  return Object.hasOwn(MODELS, name);
}

export function modelDefinition(name: ModelName): ModelDefinition {
  if (!isModelName(name)) throw new Error(`expected a model of ${modelNames.join(", ")}, got "${name}"`);
  const { layers, loss } = MODELS[name];
  return { input: CIFAR_SHAPE, layers: layers(), loss };
}

function classifier(layers: (classes: number) => Layer): NamedModel {
  return { layers: () => layers(CIFAR_CLASSES), loss: softmaxCrossEntropy() };
}

function normalizedVgg(depth: VggDepth): NamedModel {
  return classifier((classes) => vgg(depth, true, classes));
}

function plainVgg(depth: VggDepth): NamedModel {
  return classifier((classes) => vgg(depth, false, classes));
}

function resnet(depth: number): NamedModel {
  return classifier((classes) => resnetCifar(depth, classes));
}

function dense(options: DensenetOptions): NamedModel {
  return classifier((classes) => densenet(options, classes));
}
