import type { Address } from "../kernels/kernels.ts";

/**
 * The memory of one engine: one index space of 32-bit elements, from which ranges are taken and never given back.
 * `f32` and `i32` are asked for anew after every `allocate`: growing replaces the views.
 */
export interface EngineMemory {
  readonly f32: Float32Array | Float64Array;
  readonly i32: Int32Array;
  /** The address of a new range of zeros, on a cache line of its own. */
  allocate(elements: number): Address;
}

/** Elements of 32 bits in a cache line. */
const LINE_ELEMENTS = 16;

const PAGE_ELEMENTS = 16_384; // a WebAssembly page of 64 KiB
const MAX_PAGES = 65_536; // 4 GiB, all that a 32-bit address reaches

export function roundUpToLine(elements: number): number {
  return Math.ceil(elements / LINE_ELEMENTS) * LINE_ELEMENTS;
}

/** Memory that kernels in WebAssembly share with TypeScript. */
export class SharedMemory implements EngineMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
  #used = LINE_ELEMENTS; // address 0 stays free: it can then only be a mistake
  #f32 = new Float32Array(this.memory.buffer);
  #i32 = new Int32Array(this.memory.buffer);

  get f32(): Float32Array {
    return this.#f32;
  }

  get i32(): Int32Array {
    return this.#i32;
  }

  allocate(elements: number): Address {
    const address = this.#used;
    this.#used += roundUpToLine(elements);
    const missing = Math.ceil((this.#used - this.#f32.length) / PAGE_ELEMENTS);
    if (missing > 0) this.#grow(missing);
    return address;
  }

  #grow(pages: number): void {
    const before = this.memory.buffer.byteLength;
    try {
      this.memory.grow(pages);
    } catch (cause) {
      throw new Error(`the engine's memory cannot grow from ${before} by ${pages * 65_536} bytes: at most 4 GiB, or less here`, { cause });
    }
    this.#f32 = new Float32Array(this.memory.buffer);
    this.#i32 = new Int32Array(this.memory.buffer);
  }
}

/** Memory in double precision for the reference kernels: finite differences need it. */
export class DoubleMemory implements EngineMemory {
  #used = LINE_ELEMENTS;
  #f32 = new Float64Array(PAGE_ELEMENTS);
  #i32 = new Int32Array(PAGE_ELEMENTS);

  get f32(): Float64Array {
    return this.#f32;
  }

  get i32(): Int32Array {
    return this.#i32;
  }

  allocate(elements: number): Address {
    const address = this.#used;
    this.#used += roundUpToLine(elements);
    if (this.#used > this.#f32.length) this.#grow(Math.max(this.#used, 2 * this.#f32.length));
    return address;
  }

  #grow(elements: number): void {
    const [floats, integers] = [this.#f32, this.#i32];
    this.#f32 = new Float64Array(elements);
    this.#i32 = new Int32Array(elements);
    this.#f32.set(floats);
    this.#i32.set(integers);
  }
}
