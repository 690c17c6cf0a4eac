import type { Buffer } from "../graph/buffer.ts";
import { flushing, read, update, write } from "../graph/call.ts";
import type { Graph } from "../graph/graph.ts";
import { elementsOf } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";

/** loss += Σ_n −Σ_k q[n, k] ln softmax(logits[n])[k], q = (1 − s) · one-hot(labels[n]) + s / classes; `correct` counts right answers. */
export function softmaxCrossEntropy(g: Graph, logits: Tensor, labels: Buffer, loss: Buffer, correct: Buffer, labelSmoothing: number): void {
  const kernel = g.kernels.softmaxCrossEntropy(elementsOf(logits.shape), labelSmoothing);
  const z = g.factor(logits.value, elementsOf(logits.shape)); // an exponential is made of products
  g.call(kernel, 1, z, read(labels), update(loss), update(correct), flushing(write(lossGradient(g, logits))));
}

/** loss += Σ_n Σ_i (x[n, i] − target[n, i])² / elements of an image. */
export function meanSquaredError(g: Graph, x: Tensor, target: Buffer, loss: Buffer): void {
  const kernel = g.kernels.meanSquaredError(elementsOf(x.shape));
  g.call(kernel, 1, read(x.value), read(target), update(loss), flushing(write(lossGradient(g, x))));
}

/** The loss kernels write the gradient in the forward pass; in evaluation nobody reads it. */
function lossGradient(g: Graph, x: Tensor): Buffer {
  return g.mode === "training" ? x.nextGradient().gradient : g.buffer(elementsOf(x.shape));
}
