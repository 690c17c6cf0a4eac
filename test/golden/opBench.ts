import { Buffer } from "../../engine/graph/buffer.ts";
import { Graph } from "../../engine/graph/graph.ts";
import { elementsOf, type Shape } from "../../engine/graph/shape.ts";
import { Parameter, Tensor } from "../../engine/graph/tensor.ts";
import type { EngineCore } from "../../engine/model/core.ts";

/** A graph of one or few ops on an engine, with chosen inputs and a chosen gradient arriving from above. */
export class OpBench {
  readonly graph: Graph;
  readonly #core: EngineCore;
  readonly #images: number;
  #run: { readonly forward: (images: number) => void; readonly backward: (images: number) => void } | undefined;
  #outputGradient = 0;

  constructor(core: EngineCore, images: number) {
    this.#core = core;
    this.#images = images;
    this.graph = new Graph(core.kernels, "training", images);
  }

  /** A map of the given values, [images][height][width][channels]. */
  input(shape: Shape, values: ArrayLike<number>): Tensor {
    return new Tensor(shape, this.buffer(values), true, () => this.buffer(new Float64Array(values.length)));
  }

  parameter(values: ArrayLike<number>): Parameter {
    return new Parameter(this.buffer(values), this.buffer(new Float64Array(values.length)));
  }

  /** Two parameters whose gradients are neighbours. */
  parameterPair(first: ArrayLike<number>, second: ArrayLike<number>): { gamma: Parameter; beta: Parameter; dgammaAndDbeta: Buffer } {
    const pair = this.buffer(new Float64Array(first.length + second.length));
    return {
      gamma: new Parameter(this.buffer(first), new Buffer(first.length, pair.address)),
      beta: new Parameter(this.buffer(second), new Buffer(second.length, pair.address + first.length)),
      dgammaAndDbeta: pair,
    };
  }

  buffer(values: ArrayLike<number>): Buffer {
    const buffer = new Buffer(values.length, this.#core.memory.allocate(values.length));
    this.write(buffer, values);
    return buffer;
  }

  integers(values: ArrayLike<number>): Buffer {
    const buffer = new Buffer(values.length, this.#core.memory.allocate(values.length));
    this.#core.memory.i32.set(values, buffer.address);
    return buffer;
  }

  /** Ends the graph at y. For a loss there is no y: its gradient comes from the op itself. */
  async finish(y?: Tensor): Promise<void> {
    if (y !== undefined) {
      this.graph.keep(y.value);
      const gradient = this.buffer(new Float64Array(this.#images * elementsOf(y.shape)));
      this.#outputGradient = gradient.address;
      y.adoptGradient(gradient);
    }
    const program = this.graph.finish();
    this.#run = program.bind(this.#core.memory.allocate(program.arenaElements));
    await this.#core.prepare();
  }

  forward(): void {
    this.#run?.forward(this.#images);
  }

  backward(outputGradient?: ArrayLike<number>): void {
    if (outputGradient !== undefined) this.#core.memory.f32.set(outputGradient, this.#outputGradient);
    this.#run?.backward(this.#images);
  }

  read(buffer: Buffer, elements = buffer.elements): Float64Array {
    return Float64Array.from(this.#core.memory.f32.subarray(buffer.address, buffer.address + elements));
  }

  write(buffer: Buffer, values: ArrayLike<number>): void {
    this.#core.memory.f32.set(values, buffer.address);
  }
}
