/** A stream of pseudo-random integers. */
export interface Random {
  /** The next 32 bits. */
  bits(): number;
  /** Uniform in least … most, both included; the span is far below 2³², so the bias of the modulo is below 10⁻⁷. */
  between(least: number, most: number): number;
}

/** Xorshift (Marsaglia 2003), its state mixed from the key so that neighbouring keys give unrelated streams. Integers only: the same everywhere. */
export function createRandom(seed: number, key: number): Random {
  const state = new Int32Array([mix(mix(seed) ^ key) || 1]); // zero would stay zero; an array, because V8 allocates for every change of a captured number
  const bits = () => {
    let x = state[0] as number;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    state[0] = x;
    return x >>> 0;
  };
  return { bits, between: (least, most) => least + (bits() % (most - least + 1)) };
}

/** The finaliser of MurmurHash3. */
function mix(value: number): number {
  let h = (value + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
