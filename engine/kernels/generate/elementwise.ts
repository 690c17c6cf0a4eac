import { forEachElement } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/** y = a + b. (elements, a, b, y) */
export function add(): Recipe {
  return recipe(["a", "b", "y"], (f, elements, a, b, y) =>
    forEachElement(f, elements, [a, b, y], (lanes) => y.store(a.lanes(lanes).add(b.lanes(lanes)), 0, lanes)),
  );
}

/** y (+)= x. (elements, x, y) */
export function copy(accumulate: boolean): Recipe {
  return recipe(["x", "y"], (f, elements, x, y) => {
    if (accumulate) forEachElement(f, elements, [x, y], (lanes) => y.store(y.lanes(lanes).add(x.lanes(lanes)), 0, lanes));
    else f.copy(y, x, elements);
  });
}

/** y = factor · x. (elements, x, y) */
export function scale(factor: number): Recipe {
  return recipe(["x", "y"], (f, elements, x, y) =>
    forEachElement(f, elements, [x, y], (lanes) => y.store(x.lanes(lanes).mul(factor), 0, lanes)),
  );
}

/** dx (+)= dy · mask. (elements, dy, mask, dx) */
export function multiply(accumulate: boolean): Recipe {
  return recipe(["dy", "mask", "dx"], (f, elements, dy, mask, dx) =>
    forEachElement(f, elements, [dy, mask, dx], (lanes) => {
      const product = dy.lanes(lanes).mul(mask.lanes(lanes));
      dx.store(accumulate ? dx.lanes(lanes).add(product) : product, 0, lanes);
    }),
  );
}
