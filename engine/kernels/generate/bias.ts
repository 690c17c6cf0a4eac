import { sumOverPixels, toSingle } from "./channelSums.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/** y[p, c] += b[c] for every pixel p. (pixels, b, y) */
export function addBias(channels: number): Recipe {
  return recipe(["b", "y"], (f, pixels, b, y) => {
    const pixel = f.pointer();
    forEachChannelGroup(f, channels, [b, y], (lanes) => {
      const bias = lanes.map((count, v) => f.f32x4(b.lanes(count, 4 * v)));
      pixel.set(y);
      f.walk(pixels, [[pixel, channels]], () => {
        bias.forEach((value, v) => {
          pixel.store(pixel.lanes(lanes[v], 4 * v).add(value), 4 * v, lanes[v]);
        });
      });
    });
  });
}

/** db[c] (+)= Σ_p dy[p, c]. (pixels, dy, db) */
export function biasGradient(channels: number, accumulate: boolean): Recipe {
  return recipe(["dy", "db"], (f, pixels, dy, db) => {
    const pixel = f.pointer();
    forEachChannelGroup(f, channels, [dy, db], (lanes) => {
      pixel.set(dy);
      const totals = sumOverPixels(f, pixels, [[pixel, channels]], lanes.length, (sums) => {
        sums.forEach((sum, v) => {
          sum.set(sum.add(pixel.lanes(lanes[v], 4 * v)));
        });
      });
      totals.forEach(({ low, high }, v) => {
        const total = toSingle(low, high);
        db.store(f.f32x4(accumulate ? db.lanes(lanes[v], 4 * v).add(total) : total), 4 * v, lanes[v]);
      });
    });
  });
}
