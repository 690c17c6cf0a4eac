import { integerPower } from "../numerics/log.ts";
import type { FlatOptimizer } from "./optimizer.ts";

export interface AdamConfig {
  /** "adam" adds weightDecay · w to the gradient; "adamw" shrinks w by 1 − η · weightDecay instead. */
  readonly type: "adam" | "adamw";
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

/**
 * m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)
 * (Kingma and Ba 2015; decoupled weight decay: Loshchilov and Hutter 2019).
 */
export function adam(config: AdamConfig): FlatOptimizer {
  const decoupled = config.type === "adamw";
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = decoupled ? 0.01 : 0 } = config;
  return {
    stateNames: ["exp_avg", "exp_avg_sq"],
    settings: (learningRate, step) => {
      const stepSize = learningRate / (1 - integerPower(beta1, step + 1));
      const varianceScale = 1 / Math.sqrt(1 - integerPower(beta2, step + 1));
      const [added, shrink] = decoupled ? [0, 1 - learningRate * weightDecay] : [weightDecay, 1];
      return [stepSize, beta1, 1 - beta1, beta2, 1 - beta2, varianceScale, epsilon, added, shrink];
    },
    update: (vector, count, w, g, [m = 0, v = 0], settings) => vector.adam(count, w, g, m, v, settings),
  };
}
