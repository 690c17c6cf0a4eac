import type { Buffer } from "./buffer.ts";
import type { Shape } from "./shape.ts";

/** Something that has a gradient: the first to write it overwrites, later ones add. */
export interface Differentiable {
  readonly value: Buffer;
  /** The buffer of the gradient, and whether something has been written to it before this call. */
  nextGradient(): { readonly gradient: Buffer; readonly accumulate: boolean };
}

/** The maps of a micro-batch, [images][height][width][channels]. */
export class Tensor implements Differentiable {
  readonly shape: Shape;
  readonly value: Buffer;
  /** False for what the loss does not depend on through any parameter: the network's input, and what eval mode computes. */
  readonly needsGradient: boolean;
  readonly #newBuffer: () => Buffer;
  #gradient: Buffer | undefined;

  constructor(shape: Shape, value: Buffer, needsGradient: boolean, newBuffer: () => Buffer) {
    this.shape = shape;
    this.value = value;
    this.needsGradient = needsGradient;
    this.#newBuffer = newBuffer;
  }

  get hasGradient(): boolean {
    return this.#gradient !== undefined;
  }

  /** The gradient that has arrived from above; only within a backward closure of this tensor. */
  get gradient(): Buffer {
    if (this.#gradient === undefined) throw new Error("a tensor's gradient was read before anything was written to it");
    return this.#gradient;
  }

  nextGradient(): { readonly gradient: Buffer; readonly accumulate: boolean } {
    const accumulate = this.#gradient !== undefined;
    this.#gradient ??= this.#newBuffer();
    return { gradient: this.#gradient, accumulate };
  }

  /** Takes over a buffer that nobody else will read as the first gradient. False when there is one already: then it must be added. */
  adoptGradient(buffer: Buffer): boolean {
    if (this.#gradient !== undefined) return false;
    this.#gradient = buffer;
    return true;
  }
}

/** A range of the parameter vector, and the same range of the gradient vector unless it is frozen. */
export class Parameter implements Differentiable {
  readonly value: Buffer;
  readonly #gradient: Buffer | undefined;
  #written = false;

  constructor(value: Buffer, gradient: Buffer | undefined) {
    this.value = value;
    this.#gradient = gradient;
  }

  get needsGradient(): boolean {
    return this.#gradient !== undefined;
  }

  get gradient(): Buffer {
    if (this.#gradient === undefined) throw new Error("expected a parameter that is trained, got a frozen one, which has no gradient");
    return this.#gradient;
  }

  nextGradient(): { readonly gradient: Buffer; readonly accumulate: boolean } {
    const accumulate = this.#written;
    this.#written = true;
    return { gradient: this.gradient, accumulate };
  }
}
