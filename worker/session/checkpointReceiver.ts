import { MAX_SLICE_ELEMENTS } from "../collective/vectorLayout.ts";

/** The state of a checkpoint on its way from the coordinator, in chunks of 64,000 bytes, in whatever order they come. */
export class CheckpointReceiver {
  readonly round: number;
  readonly elements: Int32Array;
  readonly #missing: Set<number>;
  readonly #chunks: number;

  constructor(round: number, elements: number) {
    this.round = round;
    this.elements = new Int32Array(elements);
    this.#chunks = Math.ceil(elements / MAX_SLICE_ELEMENTS);
    this.#missing = new Set(Array.from({ length: this.#chunks }, (_, index) => index));
  }

  get complete(): boolean {
    return this.#missing.size === 0;
  }

  get progress(): { readonly held: number; readonly chunks: number } {
    return { held: this.#chunks - this.#missing.size, chunks: this.#chunks };
  }

  receive(index: number, elements: Int32Array): void {
    const begin = index * MAX_SLICE_ELEMENTS;
    const expected = Math.min(MAX_SLICE_ELEMENTS, this.elements.length - begin);
    if (elements.length !== expected)
      throw new Error(
        `chunk ${index} of the checkpoint has ${expected} elements, ${elements.length} came: the coordinator serves another run`,
      );
    this.elements.set(elements, begin);
    this.#missing.delete(index);
  }
}
