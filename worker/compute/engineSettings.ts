import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { learningRateAt, type OptimizerConfig, type ReplicaConfig, type Schedule } from "../../engine/index.ts";

/** What a run's configuration means to the engine. */
export function replicaConfig(config: RunConfig): ReplicaConfig {
  const { microBatch, slots, gradientBits, labelSmoothing, clipNorm } = config;
  return {
    model: (config.definition ?? config.model) as ReplicaConfig["model"], // a name that the protocol knows is one of the engine's: a test compares the lists
    microBatch,
    slots,
    gradientBits,
    labelSmoothing,
    optimizer: optimizerConfig(config.optimizer),
    ...(clipNorm === undefined ? {} : { clipNorm }),
  };
}

/** The learning rate of a step of the run. */
export function learningRateOf({ schedule, steps }: Pick<RunConfig, "schedule" | "steps">, step: number): number {
  return learningRateAt(engineSchedule(schedule, steps), step, steps);
}

/** The settings have the same names on both sides. */
function optimizerConfig({ name: type, ...settings }: RunConfig["optimizer"]): OptimizerConfig {
  return { type, ...settings } as OptimizerConfig;
}

function engineSchedule(schedule: RunConfig["schedule"], steps: number): Schedule {
  const { learningRate, warmUp } = schedule;
  if (schedule.name === "one-cycle") return { type: "oneCycle", learningRate, growing: warmUp };
  const { name: type, warmUp: _, ...rest } = schedule;
  return { ...rest, type, warmupSteps: Math.round(warmUp * steps) } as Schedule;
}
