import type { RoundMetrics } from "./messages.ts";

/** Σ loss / images, in nats; NaN when something of the round was not finite (the sum leaves that out), or without an image. */
export function meanLoss({ lossSum, images, nonFinite }: Pick<RoundMetrics, "lossSum" | "images" | "nonFinite">): number {
  return nonFinite === 0 && images > 0 ? lossSum / images : Number.NaN;
}
