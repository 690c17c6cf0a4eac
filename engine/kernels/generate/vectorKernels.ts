import { powerOfTwo } from "../../numerics/powerOfTwo.ts";
import { type VectorKernels, ZERO_EXPONENT } from "../vectorKernels.ts";
import { blend } from "./blend.ts";
import { allFinite, maxExponent } from "./finite.ts";
import { hash64 } from "./hash64.ts";
import { fill, lerp } from "./lerp.ts";
import type { Linker } from "./linker.ts";
import { adadelta, adagrad, adam, rmsprop, sgd } from "./optimizers.ts";
import { dequantize, quantize, quantizeStochastically } from "./quantize.ts";
import { sumOfSquares } from "./sumOfSquares.ts";

/** All vector kernels; what WebAssembly cannot take or return (shifts, unsigned 64-bit integers) is translated here. */
export function generateVectorKernels(linker: Linker): VectorKernels {
  const run = {
    quantize: linker.ask("quantize", quantize),
    quantizeStochastically: linker.ask("quantizeStochastically", quantizeStochastically),
    dequantize: linker.ask("dequantize", dequantize),
    maxExponent: linker.ask("maxExponent", (module) => maxExponent(module, ZERO_EXPONENT)),
    allFinite: linker.ask("allFinite", allFinite),
    sumOfSquares: linker.ask("sumOfSquares", sumOfSquares),
    hash64: linker.ask("hash64", hash64),
  };
  return {
    quantize: (count, x, sums, shift, limit, faults) => {
      run.quantize(count, x, sums, powerOfTwo(shift), limit, faults);
    },
    quantizeStochastically: (count, x, sums, shift, limit, faults, key) => {
      run.quantizeStochastically(count, x, sums, powerOfTwo(shift), limit, faults, key);
    },
    maxExponent: (count, x) => Number(run.maxExponent(count, x)),
    dequantize: (count, sums, y, shift, factor) => {
      run.dequantize(count, sums, y, Math.fround(powerOfTwo(-shift) * factor));
    },
    lerp: linker.ask("lerp", lerp),
    blend: linker.ask("blend", blend),
    allFinite: (count, x) => Number(run.allFinite(count, x)),
    sumOfSquares: (count, x) => Number(run.sumOfSquares(count, x)),
    hash64: (count, x) => BigInt.asUintN(64, run.hash64(count, x) as bigint),
    fill: linker.ask("fill", fill),
    sgd: linker.ask("sgd", sgd().generate),
    adam: linker.ask("adam", adam().generate),
    rmsprop: linker.ask("rmsprop", rmsprop().generate),
    adagrad: linker.ask("adagrad", adagrad().generate),
    adadelta: linker.ask("adadelta", adadelta().generate),
  };
}
