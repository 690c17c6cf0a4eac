import { flushedFactor } from "./flush.ts";
import { forEachElement } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/** y = a + b, flushed. (elements, a, b, y) */
export function add(): Recipe {
  return recipe(["a", "b", "y"], (f, elements, a, b, y) =>
    forEachElement(f, elements, [a, b, y], (lanes) => y.store(flushedFactor(f, a.lanes(lanes).add(b.lanes(lanes))), 0, lanes)),
  );
}

/** x = 0 where |x| < 2^-56. (elements, x) */
export function flush(): Recipe {
  return recipe(["x"], (f, elements, x) =>
    forEachElement(f, elements, [x], (lanes) => x.store(flushedFactor(f, x.lanes(lanes)), 0, lanes)),
  );
}

/** y (+)= x. (elements, x, y) */
export function copy(accumulate: boolean): Recipe {
  return recipe(["x", "y"], (f, elements, x, y) => {
    if (accumulate) forEachElement(f, elements, [x, y], (lanes) => y.store(y.lanes(lanes).add(x.lanes(lanes)), 0, lanes));
    else f.copy(y, x, elements);
  });
}

/** y = factor · x, flushed. (elements, x, y) */
export function scale(factor: number): Recipe {
  return recipe(["x", "y"], (f, elements, x, y) =>
    forEachElement(f, elements, [x, y], (lanes) => y.store(flushedFactor(f, x.lanes(lanes).mul(factor)), 0, lanes)),
  );
}

/** dx (+)= dy · mask, flushed. (elements, dy, mask, dx) */
export function multiply(accumulate: boolean): Recipe {
  return recipe(["dy", "mask", "dx"], (f, elements, dy, mask, dx) =>
    forEachElement(f, elements, [dy, mask, dx], (lanes) => {
      const product = dy.lanes(lanes).mul(mask.lanes(lanes));
      dx.store(flushedFactor(f, accumulate ? dx.lanes(lanes).add(product) : product), 0, lanes);
    }),
  );
}
