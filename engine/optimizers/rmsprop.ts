import type { FlatOptimizer } from "./optimizer.ts";

export interface RmspropConfig {
  readonly type: "rmsprop";
  /** Of the mean of squares; PyTorch calls it alpha. */
  readonly decay?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
  readonly momentum?: number;
}

/** s ← α s + (1 − α) g²; b ← μ b + g / (√s + ε); w ← w − η b (Tieleman and Hinton 2012). */
export function rmsprop({ decay = 0.99, epsilon = 1e-8, weightDecay = 0, momentum = 0 }: RmspropConfig): FlatOptimizer {
  return {
    stateNames: ["square_avg", "momentum_buffer"],
    settings: (learningRate) => [learningRate, decay, 1 - decay, epsilon, weightDecay, momentum],
    update: (vector, count, w, g, [square = 0, buffer = 0], settings) => vector.rmsprop(count, w, g, square, buffer, settings),
  };
}
