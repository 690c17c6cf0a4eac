/** Two residues of the same sum, modulo the two primes of MODULI. */
export type Checksum = readonly [number, number];

/** Two words of 32 bits that are secret until all that is to be compared under them has been sent. */
export type ChecksumKey = readonly [number, number];

/** The two largest primes below 2^31. A difference of two int32 is below 2^32, so it is divisible by one of them at most. */
const MODULI = [2_147_483_647, 2_147_483_629] as const;

/** Residues are below this. */
export const MAX_RESIDUE = MODULI[0];

/** So many products of at most 2^47 may be added before a double would have to round. */
const PRODUCTS = 32;

/**
 * Σ rᵢ · vᵢ modulo two primes, with numbers rᵢ that follow from the key and the position i in the whole vector (`elements` begins at `begin`).
 * It is linear: the checksum of a sum is the sum of the checksums, as long as the sum of the integers did not overflow. Vectors that were
 * fixed before the key was drawn and differ anywhere have the same checksum with a probability of at most 2^-30
 * (Carter and Wegman 1979, universal hashing).
 */
export function checksum(key: ChecksumKey, elements: Int32Array, begin: number): Checksum {
  return [residue(key, elements, begin, 0), residue(key, elements, begin, 1)];
}

/** The checksum of the sum of two vectors. */
export const addChecksums = (a: Checksum, b: Checksum): Checksum => [(a[0] + b[0]) % MODULI[0], (a[1] + b[1]) % MODULI[1]];

export const sameChecksum = (a: Checksum, b: Checksum): boolean => a[0] === b[0] && a[1] === b[1];

function residue([first, second]: ChecksumKey, elements: Int32Array, begin: number, which: 0 | 1): number {
  const modulus = MODULI[which];
  const salt = which === 0 ? first : mix(first ^ second);
  let [total, high, low] = [0, 0, 0];
  for (let i = 0; i < elements.length; i++) {
    const value = elements[i] as number;
    const factor = mix(mix((begin + i) ^ salt) ^ second) >>> 1;
    high += factor * (value >> 16); // value = (value >> 16) · 2^16 + (value & 0xffff), so that no product is rounded
    low += factor * (value & 0xffff);
    if (i % PRODUCTS === PRODUCTS - 1 || i === elements.length - 1) {
      total = (total + (high % modulus) * 65_536 + low) % modulus;
      [high, low] = [0, 0];
    }
  }
  return (total + modulus) % modulus;
}

/** The finaliser of MurmurHash3: every bit of the word changes every bit of the result. */
function mix(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
