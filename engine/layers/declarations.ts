import type { Shape } from "../graph/shape.ts";
import type { BatchNormDescriptor, ParameterDescriptor } from "../parameters/descriptor.ts";
import { joinPath } from "./path.ts";

/** The map with most elements, and the layer that makes it: for messages. */
export interface LargestMap {
  readonly layer: string;
  readonly shape: Shape;
}

type Values = Pick<ParameterDescriptor, "shape" | "layout" | "initial"> & { readonly frozen?: boolean };

const MAX_TENSOR_ELEMENTS = 2 ** 30; // 4 GiB of f32, all that the engine's memory can have

/** Collects the parameters and statistics of a model in PyTorch's order, and gives them their places. */
export class Declarations {
  readonly #parameters: ParameterDescriptor[] = [];
  readonly #names = new Set<string>();
  readonly batchNorms: BatchNormDescriptor[] = [];
  #trainable = 0;
  #frozen = 0;
  statisticsElements = 0;
  largest: LargestMap = { layer: "the input", shape: { height: 0, width: 0, channels: 0 } };

  get trainableElements(): number {
    return this.#trainable;
  }

  get parameterElements(): number {
    return this.#trainable + this.#frozen;
  }

  /** With their final offsets: frozen tensors come after all that are trained. */
  get parameters(): readonly ParameterDescriptor[] {
    return this.#parameters.map((p) => (p.frozen ? { ...p, offset: this.#trainable + p.offset } : p));
  }

  parameter(path: string, name: string, { frozen = false, ...values }: Values): void {
    const fullName = joinPath(path, name);
    if (this.#names.has(fullName)) {
      throw new Error(`two parameters are called ${fullName}: give the branches of a concat, or the layers, different names`);
    }
    this.#names.add(fullName);
    const elements = values.shape.reduce((a, b) => a * b, 1);
    if (elements > MAX_TENSOR_ELEMENTS) {
      throw new Error(`${fullName}: expected at most ${MAX_TENSOR_ELEMENTS} elements (4 GiB), got ${values.shape.join("×")}`);
    }
    this.#parameters.push({ name: fullName, offset: frozen ? this.#frozen : this.#trainable, elements, frozen, ...values });
    if (frozen) this.#frozen += elements;
    else this.#trainable += elements;
  }

  vector(path: string, name: string, channels: number, initial: ParameterDescriptor["initial"], frozen = false): void {
    this.parameter(path, name, { shape: [channels], layout: { view: [channels] }, initial, frozen });
  }

  /** Without `scale` the weight stays 1. */
  batchNorm(path: string, channels: number, pixels: number, scale: boolean): void {
    this.vector(path, "weight", channels, "ones", !scale);
    this.vector(path, "bias", channels, "zeros");
    this.batchNorms.push({ name: path, channels, offset: this.statisticsElements, pixels });
    this.statisticsElements += 2 * channels;
  }
}
