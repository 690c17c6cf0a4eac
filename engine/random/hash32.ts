/**
 * Keyed integer random numbers: a pure function of the key, the same bits everywhere. Nothing is drawn in an order.
 */

/** A bijection of 32-bit words that mixes every input bit into every output bit (two rounds of xorshift and multiply). */
export function hash32(word: number): number {
  let x = word | 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x >>> 0;
}

/** One word of a key of any length: h ← hash32(h ⊕ word), beginning with 2^32/φ so that the key 0 is as good as any. */
export function hashKey(...words: number[]): number {
  let h = 0x9e3779b9;
  for (const word of words) h = hash32(h ^ word);
  return h;
}

/** Element `index` of the stream (key0, key1), as an unsigned word: hash32(hash32(hash32(key0) ⊕ key1) + index). */
export function streamWord(key0: number, key1: number, index: number): number {
  return hash32(hash32(hash32(key0) ^ key1) + index);
}
