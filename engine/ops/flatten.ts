import type { Graph } from "../graph/graph.ts";
import { elementsOf, type Shape } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { passOn } from "./add.ts";

/** y[n, (h, w, c)] = x[n, h, w, c]: the same elements as one vector. */
export function flatten(g: Graph, x: Tensor): Tensor {
  const y = g.view(flattenedShape(x.shape), x.value, x.needsGradient);
  g.onBackward(y, () => passOn(g, y.gradient, x));
  return y;
}

export function flattenedShape(input: Shape): Shape {
  return { height: 1, width: 1, channels: elementsOf(input), flattenedFrom: input.flattenedFrom ?? input };
}
