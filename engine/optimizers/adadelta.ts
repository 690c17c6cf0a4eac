import type { FlatOptimizer } from "./optimizer.ts";

export interface AdadeltaConfig {
  readonly type: "adadelta";
  /** PyTorch calls it rho. */
  readonly decay?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

/** s ← ρ s + (1 − ρ) g²; d = √(u + ε) / √(s + ε) · g; u ← ρ u + (1 − ρ) d²; w ← w − η d (Zeiler 2012). */
export function adadelta({ decay = 0.9, epsilon = 1e-6, weightDecay = 0 }: AdadeltaConfig): FlatOptimizer {
  return {
    stateNames: ["square_avg", "acc_delta"],
    settings: (learningRate) => [learningRate, decay, 1 - decay, epsilon, weightDecay],
    update: (vector, count, w, g, [square = 0, delta = 0], settings) => vector.adadelta(count, w, g, square, delta, settings),
  };
}
