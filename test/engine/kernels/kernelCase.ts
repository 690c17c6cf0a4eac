import { expect } from "vitest";
import type { KernelSet } from "../../../engine/kernels/kernelSet.ts";
import type { Kernel, Kernels } from "../../../engine/kernels/kernels.ts";
import { xxHash64 } from "../../../engine/kernels/reference/xxHash64.ts";
import { referenceKernels } from "../../../engine/kernels/reference.ts";

/** What a buffer holds before the kernel runs. */
type Fill = "random" | "positive" | "large" | "zero" | { readonly integersBelow: number };

export interface BufferCase {
  readonly elements: number;
  readonly fill: Fill;
  /** The buffer is compared as integers, exactly. */
  readonly integers?: boolean;
}

/** A kernel of one shape, the count it is called with, and its buffers in the order of its arguments. */
export interface KernelCase {
  readonly name: string;
  make(kernels: Kernels): Kernel;
  readonly count: number;
  readonly buffers: readonly BufferCase[];
  /** Largest difference, relative to the largest value of the buffer. */
  readonly tolerance?: number;
}

const GUARD = 7; // elements between buffers that no kernel may change; odd, so that buffers begin unaligned
const GUARD_VALUE = 12345.5;

export function random(elements: number): BufferCase {
  return { elements, fill: "random" };
}
export function positive(elements: number): BufferCase {
  return { elements, fill: "positive" };
}
export function integers(elements: number, integersBelow: number): BufferCase {
  return { elements, fill: { integersBelow }, integers: true };
}

/** Generated kernels of cases, linked: `run` compares one with the reference, `bits` is a hash of everything that all of them write. */
export interface LinkedCases {
  run(kernelCase: KernelCase): void;
  bits(): bigint;
}

export async function linkCases(set: KernelSet, cases: readonly KernelCase[]): Promise<LinkedCases> {
  const generated = new Map(cases.map((kernelCase) => [kernelCase, kernelCase.make(set.kernels)]));
  const arena = Math.max(...cases.map(arenaElements));
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * (arena + set.scratchElements())) / 65536) + 1 });
  await set.link(memory, arena);
  const h = new Float32Array(memory.buffer);
  const prepared = (kernelCase: KernelCase) => {
    const kernel = generated.get(kernelCase);
    if (kernel === undefined) throw new Error(`${kernelCase.name} was expected among the linked cases`);
    h.fill(Number.NaN, arena); // scratch memory may hold anything
    fillBuffers(kernelCase, addressesOf(kernelCase), h.subarray(0, arena));
    return kernel;
  };
  return {
    run: (kernelCase) => runAgainstReference(kernelCase, prepared(kernelCase), h.subarray(0, arena)),
    bits: () => {
      const hashes = cases.map((kernelCase) => {
        prepared(kernelCase)(kernelCase.count, ...addressesOf(kernelCase));
        return set.vector.hash64(arenaElements(kernelCase), 0);
      });
      return xxHash64(new Uint8Array(new BigUint64Array(hashes).buffer));
    },
  };
}

function runAgainstReference(kernelCase: KernelCase, kernel: Kernel, h: Float32Array): void {
  const addresses = addressesOf(kernelCase);
  const expected = h.slice();
  const reference = referenceKernels(() => ({ f32: expected, i32: new Int32Array(expected.buffer) }));
  kernel(kernelCase.count, ...addresses);
  kernelCase.make(reference.kernels)(kernelCase.count, ...addresses);
  kernelCase.buffers.forEach(({ elements, integers }, i) => {
    const [from, to] = [addresses[i], addresses[i] + elements];
    if (integers) expect(bits(h.subarray(from, to)), `buffer ${i}`).toEqual(bits(expected.subarray(from, to)));
    else expectClose(h.subarray(from, to), expected.subarray(from, to), kernelCase.tolerance ?? 1e-5, `buffer ${i}`);
    expect([...h.subarray(to, to + GUARD)], `elements behind buffer ${i}`).toEqual(Array(GUARD).fill(GUARD_VALUE));
  });
  expect([...h.subarray(0, GUARD)], "elements before the first buffer").toEqual(Array(GUARD).fill(GUARD_VALUE));
}

function expectClose(actual: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    const error = Math.abs(actual[i] - expected[i]);
    if (!(error <= difference)) difference = error; // also when NaN
  }
  expect(difference, `${what}: largest difference, the largest value being ${largest}`).toBeLessThanOrEqual(tolerance * largest);
}

function bits(floats: Float32Array): number[] {
  return [...new Int32Array(floats.buffer, floats.byteOffset, floats.length)];
}

function addressesOf({ buffers }: KernelCase): readonly number[] {
  let next = GUARD;
  return buffers.map(({ elements }) => {
    const address = next;
    next += elements + GUARD;
    return address;
  });
}

function arenaElements({ buffers }: KernelCase): number {
  return buffers.reduce((sum, { elements }) => sum + elements + GUARD, GUARD);
}

function fillBuffers(kernelCase: KernelCase, addresses: readonly number[], h: Float32Array): void {
  const i32 = new Int32Array(h.buffer, h.byteOffset, h.length);
  const next = generator(kernelCase.name.length + 1);
  h.fill(GUARD_VALUE);
  kernelCase.buffers.forEach(({ elements, fill }, b) => {
    for (let i = addresses[b]; i < addresses[b] + elements; i++) {
      if (typeof fill === "object") i32[i] = Math.floor(next() * fill.integersBelow);
      else if (fill === "positive") h[i] = 0.1 + next();
      else if (fill === "large") h[i] = (2 * next() - 1) * 1e4;
      else h[i] = fill === "zero" ? 0 : 2 * next() - 1;
    }
  });
}

/** Numbers in [0, 1), the same in every run. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
