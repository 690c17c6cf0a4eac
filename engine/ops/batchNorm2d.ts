import type { Buffer } from "../graph/buffer.ts";
import { read, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import { pixelsOf } from "../graph/shape.ts";
import type { Parameter, Tensor } from "../graph/tensor.ts";
import { passOn } from "./add.ts";

/** PyTorch's default, and that of every model here. */
export const BATCH_NORM_EPSILON = 1e-5;

export interface BatchNormBuffers {
  readonly gamma: Parameter;
  readonly beta: Parameter;
  /** The gradients of gamma and beta, which are neighbours in the gradient vector. */
  readonly dgammaAndDbeta: Buffer;
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
  g.call(g.kernels.batchNorm(channels, epsilon, fusion), pixels, ...inputs, write(y.value), ...addend);

  g.onBackward(y, () => {
    if (gamma.nextGradient().accumulate || beta.nextGradient().accumulate)
      throw new Error("a batchNorm2d layer can stand at one place only");
    const statistics = [x.value, mean, variance].map(read);
    // g replaces dy when a ReLU has to be undone: nobody reads dy after this.
    const reduce = g.kernels.batchNormReduce(channels, epsilon, fusion);
    const arrived = y.gradient;
    g.call(reduce, pixels, read(arrived), read(y.value), ...statistics, { buffer: arrived, access: "update" }, write(dgammaAndDbeta));
    if (x.needsGradient) {
      const sums = buffers.statistics === "batch" ? dgammaAndDbeta : buffers.zeros;
      const dx = gradientOf(x);
      const backward = g.kernels.batchNormBackward(channels, epsilon, dx.accumulate);
      g.call(backward, pixels, read(arrived), ...statistics, read(gamma.value), read(sums), dx.operand);
    }
    if (residual !== undefined) passOn(g, arrived, residual);
  });
  return y;
}
