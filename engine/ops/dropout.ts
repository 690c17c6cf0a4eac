import type { Buffer } from "../graph/buffer.ts";
import { flushing, read, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { elementsOf } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";

/** y = x · mask, mask[i] = 0 with probability `rate`, else 1 / (1 − rate), by the random word of (key, i). `key` is two int32. */
export function dropout(g: Graph, x: Tensor, rate: number, key: Buffer): Tensor {
  const y = g.tensor(x.shape, x);
  const elements = elementsOf(x.shape);
  const mask = g.buffer(elements);
  g.call(g.kernels.dropout(rate), elements, read(x.value), read(key), flushing(write(y.value)), write(mask));
  g.onBackward(y, () => {
    if (!x.needsGradient) return;
    const dx = gradientOf(x);
    g.call(g.kernels.multiply(dx.accumulate), elements, read(y.gradient), read(mask), flushing(dx.operand));
  });
  return y;
}
