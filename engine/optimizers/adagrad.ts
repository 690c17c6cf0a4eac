import type { FlatOptimizer } from "./optimizer.ts";

export interface AdagradConfig {
  readonly type: "adagrad";
  readonly learningRateDecay?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

/** s ← s + g²; w ← w − η / (1 + t · decay) · g / (√s + ε), t counting from 0 (Duchi et al. 2011). */
export function adagrad({ learningRateDecay = 0, epsilon = 1e-10, weightDecay = 0 }: AdagradConfig): FlatOptimizer {
  return {
    stateNames: ["sum"],
    settings: (learningRate, step) => [learningRate / (1 + step * learningRateDecay), weightDecay, epsilon],
    update: (vector, count, w, g, [sum = 0], settings) => vector.adagrad(count, w, g, sum, settings),
  };
}
