import { I32x4 } from "../../wasm/i32x4.ts";
import { flushedFactor } from "./flush.ts";
import { hash32 } from "./hash32.ts";
import { forEachElement } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/**
 * y = x · mask; mask is 0 where the element's word of the stream (key[0], key[1]), as an unsigned fraction of 2^32, is below `rate`,
 * else 1 / (1 − rate). The words are those of engine/random/hash32.ts. (elements, x, key, y, mask)
 */
export function dropout(rate: number): Recipe {
  return recipe(["x", "key", "y", "mask"], (f, elements, x, key, y, mask) => {
    const first = hash32(f, I32x4.of(key.i32()));
    const stream = hash32(f, first.xor(I32x4.of(key.i32(1))));
    const index = f.i32x4(I32x4.constant([0, 1, 2, 3]));
    const dropped = I32x4.of(Math.round(rate * 2 ** 32)); // below 2^32, since the rate is below 1
    const kept = f.f32x4(1 / (1 - rate));
    forEachElement(f, elements, [x, y, mask], (lanes) => {
      const factor = f.f32x4(kept.except(hash32(f, stream.add(index)).lessUnsigned(dropped)));
      mask.store(factor, 0, lanes);
      y.store(flushedFactor(f, x.lanes(lanes).mul(factor)), 0, lanes);
      index.set(index.add(lanes));
    });
  });
}
