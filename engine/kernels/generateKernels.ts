import { activation, activationBackward } from "./generate/activation.ts";
import { batchNorm } from "./generate/batchNorm.ts";
import { batchNormBackward } from "./generate/batchNormBackward.ts";
import { batchNormReduce } from "./generate/batchNormReduce.ts";
import { batchNormReluBackward, batchNormReluReduce } from "./generate/batchNormRelu.ts";
import { batchNormStatistics } from "./generate/batchNormStatistics.ts";
import { addBias, biasGradient, biasReluGradient } from "./generate/bias.ts";
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from "./generate/conv2d.ts";
import { copyChannels, copyChannelsBackward } from "./generate/copyChannels.ts";
import { dropout } from "./generate/dropout.ts";
import { add, copy, flush, multiply, scale } from "./generate/elementwise.ts";
import { Linker } from "./generate/linker.ts";
import { localResponseNorm, localResponseNormBackward } from "./generate/localResponseNorm.ts";
import { maxPool2d, maxPool2dBackward } from "./generate/maxPool2d.ts";
import { meanPool2d, meanPool2dBackward } from "./generate/meanPool2d.ts";
import { meanSquaredError } from "./generate/meanSquaredError.ts";
import type { Recipe } from "./generate/recipe.ts";
import { softmaxCrossEntropy } from "./generate/softmaxCrossEntropy.ts";
import { generateVectorKernels } from "./generate/vectorKernels.ts";
import type { KernelOptions, KernelSet } from "./kernelSet.ts";
import type { Kernel, Kernels } from "./kernels.ts";

type Recipes = { readonly [Name in keyof Kernels]: (...shape: Parameters<Kernels[Name]>) => Recipe };

/** The kernels as generated WebAssembly: one for every kind and shape that is asked for, compiled by `link`. */
export function generateKernels(options: KernelOptions): KernelSet {
  const linker = new Linker(options.numerics);
  const recipes = recipesFor(options);
  let scratchElements = 0;
  const ask = (name: keyof Kernels, shape: readonly unknown[]): Kernel => {
    const recipe = (recipes[name] as (...shape: readonly unknown[]) => Recipe)(...shape);
    scratchElements = Math.max(scratchElements, recipe.scratchElements);
    return linker.ask(`${name} ${JSON.stringify(shape)}`, recipe.generate);
  };
  const names = Object.keys(recipes) as (keyof Kernels)[];
  const kernels = Object.fromEntries(names.map((name) => [name, (...shape: readonly unknown[]) => ask(name, shape)]));
  return {
    kernels: kernels as unknown as Kernels,
    vector: generateVectorKernels(linker),
    scratchElements: () => scratchElements,
    link: (memory, scratch) => linker.link(memory, scratch),
  };
}

function recipesFor(options: KernelOptions): Recipes {
  return {
    conv2d: (shape) => conv2d(shape, options),
    conv2dInputGradient: (shape, accumulate) => conv2dInputGradient(shape, accumulate, options),
    conv2dWeightGradient: (shape, accumulate) => conv2dWeightGradient(shape, accumulate, options),
    addBias,
    biasGradient,
    biasReluGradient,
    maxPool2d,
    maxPool2dBackward,
    meanPool2d,
    meanPool2dBackward,
    batchNormStatistics,
    batchNorm,
    batchNormReduce,
    batchNormBackward,
    batchNormReluReduce,
    batchNormReluBackward,
    activation,
    activationBackward,
    add,
    copy,
    flush,
    scale,
    copyChannels,
    copyChannelsBackward,
    dropout,
    multiply,
    localResponseNorm,
    localResponseNormBackward,
    softmaxCrossEntropy,
    meanSquaredError,
  };
}
