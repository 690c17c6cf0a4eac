import type { F32x4 } from "../../wasm/f32x4.ts";
import type { F64x2 } from "../../wasm/f64x2.ts";
import type { FunctionBuilder, Stride } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { LocalOf } from "../../wasm/locals.ts";

/** Four sums in double precision. */
export interface Sum {
  readonly low: LocalOf["f64x2"];
  readonly high: LocalOf["f64x2"];
}

/** Pixels that are summed in single precision before the sum goes into the total: enough to be fast, few enough to be exact to an ulp or two. */
const BLOCK = 128;

/**
 * Sums of `count` vectors over all pixels, in the order of the pixels: in f32 over blocks of 128 pixels, the blocks in f64.
 * `terms` computes the vectors of the pixel that the pointers are at.
 */
export function sumOverPixels(
  f: FunctionBuilder,
  pixels: I32,
  strides: readonly Stride[],
  count: number,
  terms: (sums: readonly LocalOf["f32x4"][]) => void,
): readonly Sum[] {
  const totals = Array.from({ length: count }, () => ({ low: f.f64x2(0), high: f.f64x2(0) }));
  const sums = Array.from({ length: count }, () => f.f32x4());
  f.chunks(pixels, BLOCK, (blockPixels) => {
    for (const sum of sums) sum.set(0);
    f.walk(blockPixels, strides, () => terms(sums));
    sums.forEach((sum, i) => {
      totals[i]?.low.set(totals[i].low.add(sum.lowToF64x2()));
      totals[i]?.high.set(totals[i].high.add(sum.highToF64x2()));
    });
  });
  return totals;
}

/** Four doubles rounded to single precision. */
export function toSingle(low: F64x2, high: F64x2): F32x4 {
  return low.toF32x4().shuffle(high.toF32x4(), [0, 1, 4, 5]);
}
