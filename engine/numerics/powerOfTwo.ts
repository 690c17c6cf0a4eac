const bits = new DataView(new ArrayBuffer(8));

/** 2^k, exactly, for −1022 ≤ k ≤ 1023 (`**` is allowed to differ between JavaScript engines). */
export function powerOfTwo(k: number): number {
  if (!(Number.isInteger(k) && k >= -1022 && k <= 1023)) throw new RangeError(`powerOfTwo expects an integer in [-1022, 1023], got ${k}`);
  bits.setInt32(0, (k + 1023) << 20);
  bits.setInt32(4, 0);
  return bits.getFloat64(0);
}

/** x = mantissa · 2^exponent with 1 ≤ mantissa < 2, for a positive finite normal x. */
export function splitPowerOfTwo(x: number): { readonly mantissa: number; readonly exponent: number } {
  bits.setFloat64(0, x);
  const high = bits.getInt32(0);
  bits.setInt32(0, (high & 0x000fffff) | 0x3ff00000);
  return { mantissa: bits.getFloat64(0), exponent: (high >>> 20) - 1023 };
}
