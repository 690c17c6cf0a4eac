import { flushing, read, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { elementsOf } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { LocalResponseNormShape } from "../kernels/kernels.ts";

export type LocalResponseNormOptions = Pick<LocalResponseNormShape, "size" | "alpha" | "beta" | "k">;

/** y[c] = x[c] / (k + α/size Σ x[c′]²)^β over the `size` channels c′ around c (Krizhevsky et al. 2012, section 3.3). */
export function localResponseNorm(g: Graph, x: Tensor, options: LocalResponseNormOptions): Tensor {
  const { height, width, channels } = x.shape;
  const { size, alpha, beta, k } = options;
  const shape: LocalResponseNormShape = { height, width, channels, size, alpha, beta, k };
  const y = g.tensor(x.shape, x);
  const denominator = g.buffer(elementsOf(x.shape));
  g.call(g.kernels.localResponseNorm(shape), 1, g.factor(x.value, elementsOf(x.shape)), flushing(write(y.value)), write(denominator));
  g.onBackward(y, () => {
    if (!x.needsGradient) return;
    const dx = gradientOf(x);
    const inputs = [...[x.value, y.value, denominator].map(read), g.factor(y.gradient, elementsOf(y.shape))];
    g.call(g.kernels.localResponseNormBackward(shape, dx.accumulate), 1, ...inputs, flushing(dx.operand));
  });
  return y;
}
