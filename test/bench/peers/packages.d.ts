/**
 * What the bench uses of packages that usually are not installed (`package.json` beside this file), so that it compiles without them.
 * Only these parts are described, as narrowly as they are used.
 */

declare module "@tensorflow/tfjs-core" {
  interface Tensor {
    readonly shape: number[];
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  type Pair = readonly [number, number] | number;
  type Axes = readonly number[];
  export const version_core: string;
  export function setBackend(name: string): Promise<boolean>;
  export function findBackend(name: string): unknown;
  export function enableProdMode(): void;
  export function env(): { getBool(flag: string): boolean };
  export function tidy<T>(run: () => T): T;
  export function tensor(values: Float32Array, shape: readonly number[]): Tensor;
  export function tensor1d(values: Int32Array, type: "int32"): Tensor;
  export function oneHot(labels: Tensor, classes: number): Tensor;
  export function cast(x: Tensor, type: "float32"): Tensor;
  export function variable(initial: Tensor): Tensor;
  export function customGrad<Inputs extends Tensor[]>(
    run: (...given: [...inputs: Inputs, save: (tensors: Tensor[]) => void]) => {
      readonly value: Tensor;
      gradFunc(dy: Tensor, saved: Tensor[]): Tensor | Tensor[];
    },
  ): (...inputs: Inputs) => Tensor;
  export function conv2d(x: Tensor, w: Tensor, stride: number, pad: number, format: "NHWC", dilation: number): Tensor;
  export function conv2dTranspose(dy: Tensor, w: Tensor, outputShape: readonly number[], stride: number, pad: number): Tensor;
  export function depthwiseConv2d(x: Tensor, w: Tensor, stride: number, pad: number, format: "NHWC", dilation: number): Tensor;
  export function moments(x: Tensor, axes: Axes): { readonly mean: Tensor; readonly variance: Tensor };
  export function batchNorm(x: Tensor, mean: Tensor, variance: Tensor, offset: Tensor, scale: Tensor, epsilon: number): Tensor;
  export function maxPool(x: Tensor, kernel: Pair, stride: number, pad: number): Tensor;
  export function avgPool(x: Tensor, kernel: Pair, stride: number, pad: number): Tensor;
  export function mean(x: Tensor, axes?: Axes): Tensor;
  export function add(x: Tensor, y: Tensor): Tensor;
  export function mul(x: Tensor, factor: number): Tensor;
  export function matMul(x: Tensor, y: Tensor): Tensor;
  export function relu(x: Tensor): Tensor;
  export function sigmoid(x: Tensor): Tensor;
  export function tanh(x: Tensor): Tensor;
  export function concat(parts: readonly Tensor[], axis: number): Tensor;
  export function pad(x: Tensor, amounts: readonly (readonly [number, number])[]): Tensor;
  export function reshape(x: Tensor, shape: readonly number[]): Tensor;
  export function slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  export function transpose(x: Tensor, axes: Axes): Tensor;
  export const losses: { softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor };
  export const train: { momentum(rate: number, momentum: number): { minimize(run: () => Tensor, returnCost: true): Tensor } };
}

declare module "@tensorflow/tfjs-backend-wasm" {
  export function setWasmPaths(folder: string): void;
  export function setThreadsCount(threads: number): void;
}

declare module "@tensorflow/tfjs-backend-cpu" {
  const registersItself: unknown;

  export { registersItself };
}

declare module "@jax-js/jax" {
  /** Counted by reference: whoever takes an array uses it up; `ref` is one use more. */
  interface JaxArray {
    readonly ref: JaxArray;
    readonly shape: number[];
    add(other: JaxArray): JaxArray;
    sub(other: JaxArray): JaxArray;
    mul(other: JaxArray | number): JaxArray;
    sum(axis?: number | readonly number[]): JaxArray;
    mean(axis?: number | readonly number[]): JaxArray;
    reshape(shape: readonly number[]): JaxArray;
    transpose(axes?: readonly number[]): JaxArray;
    slice(...index: readonly (number | readonly number[])[]): JaxArray;
    data(): Promise<Float32Array>;
  }
  type Operation = (x: JaxArray) => JaxArray;
  type Pairs = readonly (readonly [number, number])[];
  export function init(device: "wasm"): Promise<readonly string[]>;
  export function defaultDevice(device: "wasm"): string;
  export function jit<Inputs extends readonly unknown[], T>(run: (...inputs: Inputs) => T): (...inputs: Inputs) => T;
  export function valueAndGrad<T>(run: (parameters: T) => JaxArray): (parameters: T) => [JaxArray, T];
  export const tree: { ref<T>(arrays: T): T };
  export const numpy: {
    array(values: Float32Array, options?: { readonly shape: readonly number[] }): JaxArray;
    max: Operation;
    mean: Operation;
    tanh: Operation;
    matmul(x: JaxArray, y: JaxArray): JaxArray;
    concatenate(parts: readonly JaxArray[], axis: number): JaxArray;
    pad(x: JaxArray, amounts: Pairs, options?: { readonly constantValues: number }): JaxArray;
  };
  export const nn: {
    relu: Operation;
    sigmoid: Operation;
    logSoftmax(x: JaxArray, axis: number): JaxArray;
    standardize(x: JaxArray, axes: readonly number[], options: { readonly epsilon: number }): JaxArray;
  };
  export const lax: {
    convGeneralDilated(
      x: JaxArray,
      w: JaxArray,
      strides: readonly number[],
      padding: Pairs,
      options: { readonly rhsDilation: readonly number[]; readonly featureGroupCount: number },
    ): JaxArray;
    reduceWindow(x: JaxArray, computation: Operation, window: readonly number[], strides: readonly number[]): JaxArray;
  };
}

declare module "convnetjs" {
  class Vol {
    constructor(width: number, height: number, depth: number, value: number);
    w: Float64Array;
  }
  export interface LayerOfNet {
    readonly layer_type: string;
    readonly filters: readonly Vol[];
    readonly biases: Vol;
  }
  class Net {
    readonly layers: readonly LayerOfNet[];
    makeLayers(definitions: Readonly<Record<string, string | number>>[]): void;
  }
  class Trainer {
    constructor(net: Net, options: { readonly learning_rate: number; readonly momentum: number; readonly batch_size: number });
    learning_rate: number;
    train(image: Vol, label: number): { readonly cost_loss: number };
  }
  const convnetjs: { readonly Vol: typeof Vol; readonly Net: typeof Net; readonly Trainer: typeof Trainer };

  export default convnetjs;
}

declare module "@tensorflow/tfjs-core/dist/index.js";
declare module "@tensorflow/tfjs-core/dist/register_all_gradients.js";
