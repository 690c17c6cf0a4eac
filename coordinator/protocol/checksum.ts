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
  const [first, second] = factorsOf(key, begin, elements.length);
  const [p, q] = MODULI;
  let [a, b] = [0, 0];
  for (let i = 0; i < elements.length; ) {
    let [highA, lowA, highB, lowB] = [0, 0, 0, 0];
    for (const end = Math.min(elements.length, i + PRODUCTS); i < end; i++) {
      const value = elements[i] as number;
      const [high, low] = [value >> 16, value & 0xffff]; // value = high · 2^16 + low, so that no product is rounded
      highA += (first[i] as number) * high;
      lowA += (first[i] as number) * low;
      highB += (second[i] as number) * high;
      lowB += (second[i] as number) * low;
    }
    a = (a + (highA % p) * 65_536 + lowA) % p;
    b = (b + (highB % q) * 65_536 + lowB) % q;
  }
  return [(a + p) % p, (b + q) % q];
}

/** The checksum of the sum of two vectors. */
export const addChecksums = (a: Checksum, b: Checksum): Checksum => [(a[0] + b[0]) % MODULI[0], (a[1] + b[1]) % MODULI[1]];

export const sameChecksum = (a: Checksum, b: Checksum): boolean => a[0] === b[0] && a[1] === b[1];

/** rᵢ for either prime, 31 bits each. */
type Factors = readonly [Int32Array, Int32Array];

/** An account has checksums of the same blocks many times, under one key: their factors are kept, 8 MiB of them at most. */
const MAX_KEPT_FACTORS = 1 << 20;
const kept = { key: [0, 0] as ChecksumKey, elements: 0, blocks: new Map<number, Factors>() };

function factorsOf(key: ChecksumKey, begin: number, count: number): Factors {
  const [a, b] = key;
  if (kept.key[0] !== a || kept.key[1] !== b || kept.elements + count > MAX_KEPT_FACTORS) {
    Object.assign(kept, { key, elements: 0 });
    kept.blocks.clear();
  }
  const known = kept.blocks.get(begin);
  if (known?.[0].length === count) return known;
  const factors = [new Int32Array(count), new Int32Array(count)] as const;
  const salt = mix(a ^ b);
  for (let i = 0; i < count; i++) {
    factors[0][i] = mix(mix((begin + i) ^ a) ^ b) >>> 1;
    factors[1][i] = mix(mix((begin + i) ^ salt) ^ b) >>> 1;
  }
  kept.blocks.set(begin, factors);
  kept.elements += count;
  return factors;
}

/** The finaliser of MurmurHash3: every bit of the word changes every bit of the result. */
function mix(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
