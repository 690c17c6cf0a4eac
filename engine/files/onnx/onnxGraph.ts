import type { NamedTensor } from "../safetensors.ts";
import { type Attribute, integersMessage, type Node, tensorMessage } from "./messages.ts";

/** A map or vector within the ONNX graph: rank 4, [images, channels, height, width], or after a flatten rank 2. */
export interface OnnxValue {
  readonly name: string;
  readonly flat: boolean;
  /** Of a map. */
  readonly channels: number;
}

/** Collects nodes and constants. Names of values are numbers; names of constants are those of the parameters, or numbers. */
export class OnnxGraph {
  readonly nodes: Node[] = [];
  readonly constants: Uint8Array[] = [];
  readonly #tensors: ReadonlyMap<string, NamedTensor>;
  #values = 0;

  constructor(tensors: readonly NamedTensor[]) {
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  }

  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const output = `value${this.#values++}`;
    this.nodes.push({ operator, inputs, output, attributes });
    return output;
  }

  /** One of the model's tensors, under its own name. */
  parameter(name: string): string {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new Error(`exportOnnx: expected a tensor ${name} among those of the model, got none of that name`);
    this.constants.push(tensorMessage(tensor));
    return name;
  }

  number(value: number): string {
    const name = `constant${this.constants.length}`;
    this.constants.push(tensorMessage({ name, shape: [], values: Float32Array.of(value) }));
    return name;
  }

  integers(...values: number[]): string {
    const name = `constant${this.constants.length}`;
    this.constants.push(integersMessage(name, values));
    return name;
  }
}
