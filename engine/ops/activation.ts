import { flushing, read, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { elementsOf } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Activation } from "../kernels/kernels.ts";

/** y = f(x), element by element; `slope` is leaky ReLU's for x < 0. */
export function activation(g: Graph, x: Tensor, kind: Activation, slope = 0): Tensor {
  const y = g.tensor(x.shape, x);
  const elements = elementsOf(x.shape);
  const input = kind === "relu" ? read(x.value) : g.factor(x.value, elements);
  g.call(g.kernels.activation(kind, slope), elements, input, flushing(write(y.value)));
  g.onBackward(y, () => {
    if (!x.needsGradient) return;
    const kept = kind === "gelu" ? x.value : y.value;
    const dx = gradientOf(x);
    g.call(g.kernels.activationBackward(kind, slope, dx.accumulate), elements, read(kept), read(y.gradient), flushing(dx.operand));
  });
  return y;
}
