import type { Buffer } from "../graph/buffer.ts";
import { flushing, read, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { elementsOf } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";

/** y = a + b. */
export function add(g: Graph, a: Tensor, b: Tensor): Tensor {
  const y = g.tensor(a.shape, a, b);
  const elements = elementsOf(a.shape);
  g.call(g.kernels.add(), elements, read(a.value), read(b.value), flushing(write(y.value)));
  g.onBackward(y, () => {
    if (b.needsGradient) {
      const db = gradientOf(b);
      g.call(g.kernels.copy(db.accumulate), elements, read(y.gradient), g.carried(db.operand, y.gradient));
    }
    passOn(g, y.gradient, a);
  });
  return y;
}

/** x receives a gradient that is finished and that nobody else will read: as its own buffer if it is the first, else added. */
export function passOn(g: Graph, gradient: Buffer, x: Tensor): void {
  if (!x.needsGradient || x.adoptGradient(gradient)) return;
  const dx = gradientOf(x);
  g.call(g.kernels.copy(dx.accumulate), elementsOf(x.shape), read(gradient), g.carried(dx.operand, gradient));
}
