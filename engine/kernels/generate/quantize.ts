import { F64x2 } from "../../wasm/f64x2.ts";
import type { F64 } from "../../wasm/floats.ts";
import type { FunctionBuilder, FunctionHandle } from "../../wasm/functionBuilder.ts";
import { I32x4 } from "../../wasm/i32x4.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { LocalOf } from "../../wasm/locals.ts";
import { type LaneCount, Pointer } from "../../wasm/pointer.ts";
import { finiteLanes } from "./finite.ts";
import { hash32 } from "./hash32.ts";
import { forEachElement } from "./lanes.ts";
import type { KernelModule } from "./recipe.ts";

/**
 * sums[i] += clamp(round(x[i] · scale), ±limit) as int32, in double precision: the product with a power of two is exact, so
 * nothing depends on denormals. faults[0] counts the clamped, faults[1] the NaN and infinite, which add 0.
 * (count, x, sums, scale, limit, faults)
 */
export function quantize(module: KernelModule): FunctionHandle {
  return module.builder.function(["i32", "i32", "i32", "f64", "f64", "i32"], (f, count, x, sums, scale, limit, faults) => {
    addIntegers(f, { count, x, sums, scale, limit, faults }, (products) => products.map((product) => f.f64x2(product.nearest())));
  });
}

/**
 * The same with ⌊x[i] · scale + u⌋, where u = (h + ½) / 2^32 is uniform in (0, 1) and h element i of the stream `key`: on average nothing
 * is lost, however few bits there are. (count, x, sums, scale, limit, faults, key)
 */
export function quantizeStochastically(module: KernelModule): FunctionHandle {
  return module.builder.function(["i32", "i32", "i32", "f64", "f64", "i32", "i32"], (f, count, x, sums, scale, limit, faults, key) => {
    const word = f.i32x4(I32x4.of(key).add(I32x4.constant([0, 1, 2, 3])));
    addIntegers(f, { count, x, sums, scale, limit, faults }, (products, lanes) => {
      const hash = hash32(f, word);
      word.set(word.add(lanes));
      const fractions = [hash, upperHalf(hash)].map((words) =>
        F64x2.ofUnsigned(words)
          .add(0.5)
          .mul(2 ** -32),
      );
      return products.map((product, half) => f.f64x2(product.add(fractions[half]).floor()));
    });
  });
}

interface Quantizing {
  readonly count: I32;
  readonly x: I32;
  readonly sums: I32;
  readonly scale: F64;
  readonly limit: F64;
  readonly faults: I32;
}

/** Lanes 0 and 1, and lanes 2 and 3, of four elements. */
type Halves<T> = readonly T[];
type Rounding = (products: Halves<F64x2>, lanes: LaneCount) => Halves<LocalOf["f64x2"]>;

function addIntegers(f: FunctionBuilder, at: Quantizing, round: Rounding): void {
  const [x, sums, faults] = [at.x, at.sums, at.faults].map((address) => f.pointer(Pointer.toElement(address)));
  const [clamped, notFinite] = [f.i32(0), f.i32(0)];
  const [bound, factor] = [f.f64x2(at.limit), f.f64x2(at.scale)];
  const value = f.f32x4();
  forEachElement(f, at.count, [x, sums], (lanes) => {
    value.set(x.lanes(lanes));
    const finite = f.i32x4(finiteLanes(value));
    notFinite.increase(finite.equal(0).count());
    value.set(value.where(finite));
    const products = [value.lowToF64x2(), value.highToF64x2()].map((half) => half.mul(factor));
    const halves = round(products, lanes);
    for (const half of halves) clamped.increase(half.abs().countGreater(bound));
    const [low, high] = halves.map((half) => half.min(bound).max(F64x2.of(0).sub(bound)).toI32x4());
    sums.store(f.i32x4(sums.lanes(lanes).bits().add(joinHalves(low, high))), 0, lanes);
  });
  faults.store(faults.i32().add(clamped));
  faults.store(faults.i32(1).add(notFinite), 1);
}

/** y[i] = f32(sums[i]) · scale. (count, sums, y, scale) */
export function dequantize(module: KernelModule): FunctionHandle {
  return module.builder.function(["i32", "i32", "i32", "f32"], (f, count, sumsAt, yAt, scale) => {
    const [sums, y] = [sumsAt, yAt].map((at) => f.pointer(Pointer.toElement(at)));
    const factor = f.f32x4(scale);
    forEachElement(f, count, [sums, y], (lanes) => y.store(f.f32x4(sums.lanes(lanes).bits().toF32x4().mul(factor)), 0, lanes));
  });
}

function joinHalves(low: I32x4, high: I32x4): I32x4 {
  return low.asF32x4().shuffle(high.asF32x4(), [0, 1, 4, 5]).bits();
}

function upperHalf(words: I32x4): I32x4 {
  return words.asF32x4().shuffle(words.asF32x4(), [2, 3, 2, 3]).bits();
}
