import type { Buffer } from "../graph/buffer.ts";
import { flushing, read, update, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { pixelsOf } from "../graph/shape.ts";
import type { Parameter, Tensor } from "../graph/tensor.ts";
import type { BatchNormFusion } from "../kernels/kernels.ts";
import { passOn } from "./add.ts";

/** PyTorch's default, and that of every model here. */
export const BATCH_NORM_EPSILON = 1e-5;

export interface BatchNormBuffers {
  readonly gamma: Parameter;
  readonly beta: Parameter;
  /** Where the gradients of gamma and beta are computed: their places in the gradient vector, or scratch memory when gamma is frozen. */
  readonly dgammaAndDbeta: Buffer;
  /** The second half of that, when it is scratch memory: it is then copied to beta's gradient. */
  readonly dbetaToCopy?: Buffer | undefined;
  readonly mean: Buffer;
  readonly variance: Buffer;
  /** "batch": mean and variance are computed from x here. "given": they are read (the running ones), and are constants to the gradient. */
  readonly statistics: "batch" | "given";
  /** A buffer of 2 · channels zeros: what the sums over the batch are in the gradient when the statistics are given. */
  readonly zeros: Buffer;
}

/** What happens to the normalised map in the same pass over memory. */
export interface Fused {
  readonly residual?: Tensor;
  readonly relu: boolean;
}

/** y[n, p, c] = relu?(γ[c] (x[n, p, c] − μ[c]) / √(σ²[c] + ε) + β[c] (+ residual[n, p, c])). */
export function batchNorm2d(g: Graph, x: Tensor, buffers: BatchNormBuffers, epsilon: number, fused: Fused): Tensor {
  const { gamma, beta, dgammaAndDbeta, mean, variance } = buffers;
  const { channels } = x.shape;
  const pixels = pixelsOf(x.shape);
  const { residual, relu } = fused;
  const fusion = { residual: residual !== undefined, relu };
  const y = g.tensor(x.shape);
  if (buffers.statistics === "batch") g.call(g.kernels.batchNormStatistics(channels), pixels, read(x.value), write(mean), write(variance));
  const inputs = [x.value, mean, variance, gamma.value, beta.value].map(read);
  const addend = residual === undefined ? [] : [read(residual.value)];
  g.call(g.kernels.batchNorm(channels, epsilon, fusion), pixels, ...inputs, flushing(write(y.value)), ...addend);

  g.onBackward(y, () => {
    if ((gamma.needsGradient && gamma.nextGradient().accumulate) || beta.nextGradient().accumulate)
      throw new Error("a batchNorm2d layer can stand at one place only");
    const sums = buffers.statistics === "batch" ? dgammaAndDbeta : buffers.zeros;
    if (relu && residual === undefined) reluBackward(g, x, y, buffers, epsilon, sums);
    else fusedBackward(g, x, y, buffers, epsilon, fusion, sums);
    if (buffers.dbetaToCopy !== undefined) {
      const copy = g.kernels.copy(false);
      g.call((_images, from, to) => copy(channels, from, to), 0, read(buffers.dbetaToCopy), write(beta.gradient));
    }
    if (residual !== undefined) passOn(g, y.gradient, residual);
  });
  return y;
}

/** With a ReLU alone: what passed it is computed again from x, and dy stays as it is. */
function reluBackward(g: Graph, x: Tensor, y: Tensor, buffers: BatchNormBuffers, epsilon: number, sums: Buffer): void {
  const { channels } = x.shape;
  const pixels = pixelsOf(x.shape);
  const { gamma, beta, mean, variance, dgammaAndDbeta } = buffers;
  const inputs = [y.gradient, x.value, mean, variance, gamma.value, beta.value].map(read);
  g.call(g.kernels.batchNormReluReduce(channels, epsilon), pixels, ...inputs, write(dgammaAndDbeta));
  if (!x.needsGradient) return;
  const dx = gradientOf(x);
  g.call(g.kernels.batchNormReluBackward(channels, epsilon, dx.accumulate), pixels, ...inputs, read(sums), flushing(dx.operand));
}

/** Without a ReLU, or with one after an addition: g then replaces dy, nobody reads dy after this but the residual, which wants g. */
function fusedBackward(
  g: Graph,
  x: Tensor,
  y: Tensor,
  buffers: BatchNormBuffers,
  epsilon: number,
  fusion: BatchNormFusion,
  sums: Buffer,
): void {
  const { channels } = x.shape;
  const pixels = pixelsOf(x.shape);
  const { gamma, mean, variance, dgammaAndDbeta } = buffers;
  const statistics = [x.value, mean, variance].map(read);
  const reduce = g.kernels.batchNormReduce(channels, epsilon, fusion);
  g.call(reduce, pixels, read(y.gradient), read(y.value), ...statistics, g.carried(update(y.gradient), y.gradient), write(dgammaAndDbeta));
  if (!x.needsGradient) return;
  const dx = gradientOf(x);
  const backward = g.kernels.batchNormBackward(channels, epsilon, dx.accumulate);
  g.call(backward, pixels, read(y.gradient), ...statistics, read(gamma.value), read(sums), flushing(dx.operand));
}
