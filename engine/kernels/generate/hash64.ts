import type { FunctionBuilder, FunctionHandle } from "../../wasm/functionBuilder.ts";
import type { I32, I64 } from "../../wasm/integers.ts";
import type { LocalOf, PointerLocal } from "../../wasm/locals.ts";
import { Pointer } from "../../wasm/pointer.ts";
import type { KernelModule } from "./recipe.ts";

const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;

/** XXH64 with seed 0 of `count` elements: stripes of 32 bytes in four lanes, then words of 8 bytes, then 4 bytes. (count, x) */
export function hash64(module: Pick<KernelModule, "builder">): FunctionHandle {
  return module.builder.functionWithResult(["i32", "i32"], "i64", (f, count, at) => {
    const x = f.pointer(Pointer.toElement(at));
    const hash = f.i64(PRIME_5);
    f.if(count.shiftRightUnsigned(3), () => hash.set(hashStripes(f, x, count.shiftRightUnsigned(3))));
    hash.set(hash.add(count.unsignedToI64().shiftLeft(2n)));
    f.walk(count.and(7).shiftRightUnsigned(1), [[x, 2]], () => {
      hash.set(hash.xor(round(x.i64())).rotateLeft(27n).mul(PRIME_1).add(PRIME_4));
    });
    f.if(count.and(1), () => {
      hash.set(hash.xor(x.u32AsI64().mul(PRIME_1)).rotateLeft(23n).mul(PRIME_2).add(PRIME_3));
    });
    hash.set(hash.xor(hash.shiftRightUnsigned(33n)).mul(PRIME_2));
    hash.set(hash.xor(hash.shiftRightUnsigned(29n)).mul(PRIME_3));
    return hash.xor(hash.shiftRightUnsigned(32n));
  });
}

/** Leaves x behind the last whole stripe. */
function hashStripes(f: FunctionBuilder, x: PointerLocal, stripes: I32): LocalOf["i64"] {
  const lanes = [PRIME_1 + PRIME_2, PRIME_2, 0n, -PRIME_1].map((start) => f.i64(start));
  f.walk(stripes, [[x, 8]], () => {
    lanes.forEach((lane, i) => {
      lane.set(round(x.i64(2 * i), lane));
    });
  });
  const [a, b, c, d] = lanes;
  const hash = f.i64(a.rotateLeft(1n).add(b.rotateLeft(7n)).add(c.rotateLeft(12n)).add(d.rotateLeft(18n)));
  for (const lane of lanes) hash.set(hash.xor(round(lane)).mul(PRIME_1).add(PRIME_4));
  return hash;
}

/** rotate(lane + word · P₂, 31) · P₁, the lane being 0 if none is given. */
function round(word: I64, lane?: I64): I64 {
  const product = word.mul(PRIME_2);
  return (lane === undefined ? product : lane.add(product)).rotateLeft(31n).mul(PRIME_1);
}
