import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";

/** A one-cycle schedule begins at this share of its peak and ends at 0. */
const START_SHARE = 0.04;

/** The learning rate of a step: basic arithmetic only, whose bits are the same in every JavaScript engine. */
export function learningRateAt({ schedule, steps }: Pick<RunConfig, "schedule" | "steps">, step: number): number {
  const { name, learningRate, warmUp } = schedule;
  if (name === "constant") return learningRate;
  const rising = warmUp * steps;
  if (step < rising) return learningRate * (START_SHARE + (1 - START_SHARE) * (step / rising));
  return learningRate * ((steps - step) / (steps - rising));
}
