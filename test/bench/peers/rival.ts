import type { ModelDefinition } from "../../../engine/index.ts";

/** Another engine that trains the same model, in the same place as ours: this process, or a page. */
export interface Rival {
  readonly name: string;
  /** Multiply-adds a second in training, roughly and on a busy machine: it decides on the micro-batch alone. */
  readonly speed: number;
  /** Loads the engine; what it gives takes a model, and fails (then or in its first step) where the engine cannot have it. */
  load(): Promise<(point: StartingPoint) => RivalStep>;
}

/** Forward, mean softmax cross-entropy, backward, SGD with momentum; the loss before the update. */
export type RivalStep = () => Promise<number>;

/** From where all engines train: the same weights, images and labels. */
export interface StartingPoint {
  readonly definition: ModelDefinition;
  readonly images: number;
  /** [image][row][column][channel] */
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
  /** In the model's order. */
  readonly parameters: readonly StartingParameter[];
}

export interface StartingParameter {
  /** PyTorch's: conv1.weight. */
  readonly name: string;
  /** Filters [out][in][height][width], matrices [out][in], a flattened map's order of elements [channel][row][column]. */
  readonly channelsFirst: StartingValues;
  /** Filters [height][width][in][out], matrices [in][out], a flattened map's order of elements [row][column][channel]. */
  readonly channelsLast: StartingValues;
}

interface StartingValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export const LEARNING_RATE = 1e-3;
export const MOMENTUM = 0.9;
