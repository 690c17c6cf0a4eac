import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32x4 } from "../../wasm/i32x4.ts";
import type { LocalOf } from "../../wasm/locals.ts";

/** The words of engine/random/hash32.ts, four at a time: two rounds of xorshift and multiply, and one more xorshift. */
export function hash32(f: FunctionBuilder, word: I32x4): LocalOf["i32x4"] {
  const x = f.i32x4(word);
  const mix = (bits: number) => x.set(x.xor(x.shiftRightUnsigned(bits)));
  mix(16);
  x.set(x.mul(0x7feb352d));
  mix(15);
  x.set(x.mul(0x846ca68b));
  mix(16);
  return x;
}
