import type { Activation } from "../kernels/kernels.ts";

/**
 * A layer is data: it can be stored and sent to other peers as JSON, and holds no code and no weights.
 * `describeModel` gives its parameters and shapes, `buildLayer` turns it into kernel calls.
 */
export type Layer =
  | Conv2dLayer
  | ConvTranspose2dLayer
  | LinearLayer
  | BatchNorm2dLayer
  | ActivationLayer
  | MaxPool2dLayer
  | MeanPool2dLayer
  | DropoutLayer
  | LocalResponseNormLayer
  | ZeroPadShortcutLayer
  | ScaleLayer
  | { readonly type: "globalMeanPool2d" }
  | { readonly type: "flatten" }
  | { readonly type: "identity" }
  | NamedLayer
  | SequentialLayer
  | ResidualLayer
  | ConcatLayer;

export interface Conv2dLayer {
  readonly type: "conv2d";
  readonly outChannels: number;
  /** [height, width] */
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
  readonly bias: boolean;
  /** In place of He-uniform. "whitening" filters are frozen, and only a network's first layer has them. */
  readonly initial?: "dirac" | "whitening";
}

export interface ConvTranspose2dLayer {
  readonly type: "convTranspose2d";
  readonly outChannels: number;
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly padding: number;
  readonly outputPadding: number;
  readonly groups: number;
  readonly bias: boolean;
}

export interface LinearLayer {
  readonly type: "linear";
  readonly outFeatures: number;
  readonly bias: boolean;
}

interface BatchNorm2dLayer {
  readonly type: "batchNorm2d";
  readonly epsilon: number;
  /** False: the weight stays 1, and is not trained. */
  readonly scale?: false;
}

interface ActivationLayer {
  readonly type: "activation";
  readonly kind: Activation;
  /** Of leaky ReLU for negative values. */
  readonly slope: number;
}

export interface MaxPool2dLayer {
  readonly type: "maxPool2d";
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly padding: number;
}

export interface MeanPool2dLayer {
  readonly type: "meanPool2d";
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly padding: number;
  readonly countPadding: boolean;
}

interface DropoutLayer {
  readonly type: "dropout";
  readonly rate: number;
}

export interface LocalResponseNormLayer {
  readonly type: "localResponseNorm";
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

interface ScaleLayer {
  readonly type: "scale";
  readonly factor: number;
}

export interface ZeroPadShortcutLayer {
  readonly type: "zeroPadShortcut";
  readonly outChannels: number;
  readonly stride: number;
}

/** Gives a layer the name that its parameters begin with, in place of its number; the empty name adds nothing. */
interface NamedLayer {
  readonly type: "named";
  readonly name: string;
  readonly layer: Layer;
}

export interface SequentialLayer {
  readonly type: "sequential";
  readonly layers: readonly Layer[];
}

export interface ResidualLayer {
  readonly type: "residual";
  readonly body: Layer;
  readonly shortcut: Layer;
  /** A ReLU after the sum. */
  readonly relu: boolean;
}

export interface ConcatLayer {
  readonly type: "concat";
  readonly branches: readonly Layer[];
}
