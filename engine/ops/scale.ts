import { flushing, read, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { elementsOf } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";

/** y = factor · x; dx (+)= factor · dy. */
export function scale(g: Graph, x: Tensor, factor: number): Tensor {
  const y = g.tensor(x.shape, x);
  const elements = elementsOf(x.shape);
  g.call(g.kernels.scale(factor), elements, read(x.value), flushing(write(y.value)));
  g.onBackward(y, () => {
    if (!x.needsGradient) return;
    const dx = gradientOf(x);
    if (!dx.accumulate) {
      g.call(g.kernels.scale(factor), elements, read(y.gradient), flushing(dx.operand));
      return;
    }
    const contribution = g.buffer(elements); // the kernel overwrites
    g.call(g.kernels.scale(factor), elements, read(y.gradient), flushing(write(contribution)));
    g.call(g.kernels.copy(true), elements, read(contribution), g.carried(dx.operand, contribution));
  });
  return y;
}
