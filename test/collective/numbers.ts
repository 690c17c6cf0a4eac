import type { VectorLayout } from "../../worker/collective/vectorLayout.ts";

/** Numbers below `limit`, the same for the same seed (Numerical Recipes' generator, its upper bits). */
export type Random = (limit: number) => number;

export function seeded(seed: number): Random {
  let word = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0;
  return (limit) => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return Math.floor((word / 2 ** 32) * limit);
  };
}

const LONGEST = 1_000_003;

/** Full-range int32 noise; the vectors of slots are ranges of it. */
let noise: Int32Array | undefined;

function noiseOf(): Int32Array {
  if (noise === undefined) {
    const random = seeded(1);
    noise = Int32Array.from({ length: LONGEST + 7 * 128 }, () => random(2 ** 32) | 0);
  }
  return noise;
}

/** What slot `slot` contributes: sums overflow int32 now and then, as they may. */
const slotVector = (slot: number, length: number): Int32Array => noiseOf().subarray(7 * slot, 7 * slot + length);

/** The definition that every all-reduce is held against: element by element, slot by slot. */
export function plainReduction(slots: number, { length, sumLength }: VectorLayout): Int32Array {
  return combine(
    Array.from({ length: slots }, (_, slot) => slot),
    { length, sumLength },
  );
}

/** A peer's own sum over its slots. */
export function combine(slots: readonly number[], { length, sumLength }: VectorLayout): Int32Array {
  const total = new Int32Array(length).fill(-(2 ** 31), sumLength);
  for (const slot of slots) {
    const vector = slotVector(slot, length);
    for (let i = 0; i < sumLength; i++) total[i] = (total[i] + vector[i]) | 0;
    for (let i = sumLength; i < length; i++) total[i] = Math.max(total[i], vector[i]);
  }
  return total;
}

/** `toEqual` takes seconds for a million elements. */
export const sameBits = (a: Int32Array, b: Int32Array): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
