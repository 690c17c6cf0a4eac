import { BATCH_NORM_EPSILON } from "../ops/batchNorm2d.ts";
import type {
  Conv2dLayer,
  ConvTranspose2dLayer,
  Layer,
  LinearLayer,
  LocalResponseNormLayer,
  MaxPool2dLayer,
  MeanPool2dLayer,
} from "./layer.ts";

/** A side of a square window, or [height, width]. */
export type KernelSize = number | readonly [number, number];

type Options<L extends Layer, Names extends keyof L> = Partial<Pick<L, Names>>;

export function conv2d(
  outChannels: number,
  kernel: KernelSize,
  options: Options<Conv2dLayer, "stride" | "padding" | "dilation" | "groups" | "bias" | "initial"> = {},
): Layer {
  const defaults = { stride: 1, padding: 0, dilation: 1, groups: 1, bias: true };
  return { type: "conv2d", outChannels, kernel: sides(kernel), ...defaults, ...options };
}

export function convTranspose2d(
  outChannels: number,
  kernel: KernelSize,
  options: Options<ConvTranspose2dLayer, "stride" | "padding" | "outputPadding" | "groups" | "bias"> = {},
): Layer {
  const defaults = { stride: 1, padding: 0, outputPadding: 0, groups: 1, bias: true };
  return { type: "convTranspose2d", outChannels, kernel: sides(kernel), ...defaults, ...options };
}

export function linear(outFeatures: number, options: Options<LinearLayer, "bias"> = {}): Layer {
  return { type: "linear", outFeatures, bias: true, ...options };
}

export function batchNorm2d(options: { readonly epsilon?: number; readonly scale?: false } = {}): Layer {
  return { type: "batchNorm2d", epsilon: BATCH_NORM_EPSILON, ...options };
}

export const relu: Layer = { type: "activation", kind: "relu", slope: 0 };
export const sigmoid: Layer = { type: "activation", kind: "sigmoid", slope: 0 };
export const tanh: Layer = { type: "activation", kind: "tanh", slope: 0 };
export const gelu: Layer = { type: "activation", kind: "gelu", slope: 0 };
export const identity: Layer = { type: "identity" };
export const flatten: Layer = { type: "flatten" };
export const globalMeanPool2d: Layer = { type: "globalMeanPool2d" };

/** y = x where x > 0, else slope · x. @throws RangeError for a slope below 0 or above 1: the derivative is told from the sign of y. */
export function leakyRelu(slope = 0.01): Layer {
  if (!(slope >= 0 && slope <= 1)) throw new RangeError(`expected a slope of leaky ReLU from 0 to 1, got ${slope}: try 0.01`);
  return { type: "activation", kind: "leakyRelu", slope };
}

/** The stride is the kernel's height if not given. */
export function maxPool2d(kernel: KernelSize, options: Options<MaxPool2dLayer, "stride" | "padding"> = {}): Layer {
  return { type: "maxPool2d", kernel: sides(kernel), stride: sides(kernel)[0], padding: 0, ...options };
}

/** The stride is the kernel's height if not given. */
export function meanPool2d(kernel: KernelSize, options: Options<MeanPool2dLayer, "stride" | "padding" | "countPadding"> = {}): Layer {
  return { type: "meanPool2d", kernel: sides(kernel), stride: sides(kernel)[0], padding: 0, countPadding: true, ...options };
}

/** y = factor · x */
export function scale(factor: number): Layer {
  return { type: "scale", factor };
}

export function dropout(rate: number): Layer {
  return { type: "dropout", rate };
}

export function localResponseNorm(size: number, options: Options<LocalResponseNormLayer, "alpha" | "beta" | "k"> = {}): Layer {
  return { type: "localResponseNorm", size, alpha: 1e-4, beta: 0.75, k: 1, ...options };
}

/** The parameter-free shortcut to a smaller map with more channels (option A of He et al. 2015). */
export function zeroPadShortcut(outChannels: number, stride: number): Layer {
  return { type: "zeroPadShortcut", outChannels, stride };
}

export function named(name: string, layer: Layer): Layer {
  return { type: "named", name, layer };
}

/** One after the other; the parameters of layer i begin with "i." unless it is named. */
export function sequential(...layers: readonly Layer[]): Layer {
  return { type: "sequential", layers };
}

/** body(x) + shortcut(x); the shortcut's parameters begin with "shortcut.", the body's with nothing. */
export function residual(body: Layer, shortcut: Layer = identity, options: { readonly relu?: boolean } = {}): Layer {
  return { type: "residual", body, shortcut, relu: false, ...options };
}

/** The channels of all branches side by side; branches with parameters are to be named, unless only one has any. */
export function concat(...branches: readonly Layer[]): Layer {
  return { type: "concat", branches };
}

function sides(kernel: KernelSize): readonly [number, number] {
  return typeof kernel === "number" ? [kernel, kernel] : kernel;
}
