import type { Address } from "../kernels/kernels.ts";

/** A range of elements that kernels read and write. Its address is given at once (parameters, input), or later by the memory plan. */
export class Buffer {
  readonly elements: number;
  #address: Address | undefined;

  constructor(elements: number, address?: Address) {
    this.elements = elements;
    this.#address = address;
  }

  get placed(): boolean {
    return this.#address !== undefined;
  }

  get address(): Address {
    if (this.#address === undefined) throw new Error(`a buffer of ${this.elements} elements was used before the memory plan placed it`);
    return this.#address;
  }

  place(address: Address): void {
    if (this.#address !== undefined) throw new Error(`a buffer is placed once: it lies at ${this.#address} and was to move to ${address}`);
    this.#address = address;
  }
}
