import type { FlatOptimizer } from "./optimizer.ts";

export interface SgdConfig {
  readonly type: "sgd";
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** Added to the gradient: weightDecay · w. */
  readonly weightDecay?: number;
}

/** v ← μ v + (g + λ w); w ← w − η v, or with Nesterov w − η (g + λ w + μ v) (Sutskever et al. 2013, as PyTorch writes it). */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdConfig): FlatOptimizer {
  const [gradientShare, velocityShare] = nesterov ? [1, momentum] : [0, 1];
  return {
    stateNames: ["momentum_buffer"],
    settings: (learningRate) => [learningRate, momentum, weightDecay, gradientShare, velocityShare],
    update: (vector, count, w, g, [velocity = 0], settings) => vector.sgd(count, w, g, velocity, settings),
  };
}
