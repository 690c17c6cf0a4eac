import type { Address, Kernel, Kernels } from "../kernels/kernels.ts";
import { Buffer } from "./buffer.ts";
import { bindCalls, type Call, flushing, type Operand, read, update, write } from "./call.ts";
import { planMemory } from "./plan.ts";
import { elementsOf, type Shape } from "./shape.ts";
import { type Differentiable, Tensor } from "./tensor.ts";

export type Mode = "training" | "evaluation";

/** What a graph becomes: two lists of kernel calls, and where it wants `elements` of memory for everything between them. */
export interface Program {
  /** The elements of the arena; it may be shared with programs that never run at the same time. */
  readonly arenaElements: number;
  readonly forward: readonly Call[];
  readonly backward: readonly Call[];
  /** Places the arena and makes the lists runnable with a number of images up to the micro-batch. */
  bind(arena: Address): { readonly forward: (images: number) => void; readonly backward: (images: number) => void };
}

/**
 * A network on its way to becoming two lists of kernel calls. Ops call `call` while they are applied, which fills the forward list;
 * what they give to `onBackward` runs in reverse order at `finish`, and its calls fill the backward list.
 */
export class Graph {
  readonly kernels: Kernels;
  readonly mode: Mode;
  readonly microBatch: number;
  readonly #forward: Call[] = [];
  readonly #backward: Call[] = [];
  readonly #kept: Buffer[] = [];
  readonly #flushed = new Set<Buffer>();
  readonly #closures: { readonly output: Tensor; readonly run: () => void }[] = [];
  #current = this.#forward;

  constructor(kernels: Kernels, mode: Mode, microBatch: number) {
    this.kernels = kernels;
    this.mode = mode;
    this.microBatch = microBatch;
  }

  /** A tensor that an op is about to write. */
  tensor(shape: Shape, ...from: readonly Tensor[]): Tensor {
    return this.view(shape, this.buffer(elementsOf(shape)), from.length === 0 || from.some((x) => x.needsGradient));
  }

  /** A tensor over a buffer that exists: the network's input, or another shape of the same elements. */
  view(shape: Shape, value: Buffer, needsGradient: boolean): Tensor {
    return new Tensor(shape, value, needsGradient, () => this.buffer(elementsOf(shape)));
  }

  /** Memory from its first call to its last. */
  buffer(elementsPerImage: number): Buffer {
    return new Buffer(elementsPerImage * this.microBatch);
  }

  /** The buffer keeps its contents until the program has ended. */
  keep(buffer: Buffer): void {
    this.#kept.push(buffer);
  }

  /** Appends a kernel call. Its operands are in the kernel's order; `perImage` is what its count is per image. */
  call(kernel: Kernel, perImage: number, ...operands: readonly Operand[]): void {
    this.#current.push({ kernel, perImage, operands });
    for (const { buffer, access, flushes } of operands) {
      if (flushes === true) this.#flushed.add(buffer);
      else if (access !== "read") this.#flushed.delete(buffer);
    }
  }

  /** Whether the buffer, as the calls so far leave it, holds nothing that is too small for a factor of products. */
  isFlushed(buffer: Buffer): boolean {
    return this.#flushed.has(buffer);
  }

  /** An operand that `from` is copied or added to: as flushed as both are, for a sum of such numbers is too small by chance only. */
  carried(operand: Operand, from: Buffer): Operand {
    return flushing(operand, this.isFlushed(from) && (operand.access === "write" || this.isFlushed(operand.buffer)));
  }

  /** An operand that products are made of: flushed by whoever wrote it, or else by a pass of its own, here (rule KE4). */
  factor(buffer: Buffer, perImage: number): Operand {
    if (!this.isFlushed(buffer)) this.call(this.kernels.flush(), perImage, flushing(update(buffer)));
    return read(buffer);
  }

  /** What is to be called, given the gradient of `output`, to add to the gradients of what it was made from. */
  onBackward(output: Tensor, run: () => void): void {
    if (this.mode === "training" && output.needsGradient) this.#closures.push({ output, run });
  }

  finish(): Program {
    this.#current = this.#backward;
    // A tensor without a gradient has no path to the loss: nothing follows from it.
    for (const { output, run } of this.#closures.reverse()) if (output.hasGradient) run();
    const [forward, backward] = [this.#forward, this.#backward];
    const plan = planMemory([...forward, ...backward], this.#kept);
    return {
      arenaElements: plan.elements,
      forward,
      backward,
      bind: (arena) => {
        for (const { buffer, offset } of plan.placements) buffer.place(arena + offset);
        return { forward: bindCalls(forward), backward: bindCalls(backward) };
      },
    };
  }
}

/** The operand for the next contribution to x's gradient, and whether it is added to earlier ones. */
export function gradientOf(x: Differentiable): { readonly operand: Operand; readonly accumulate: boolean } {
  const { gradient, accumulate } = x.nextGradient();
  return { operand: accumulate ? update(gradient) : write(gradient), accumulate };
}
