import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { MembershipOptions } from "../../coordinator/run/membership.ts";

export const RUN = 7;

/** A run's configuration with small numbers, for replicas that do not compute real gradients. */
export const simulatedConfig = (changes: Partial<RunConfig> = {}): RunConfig => ({
  model: "lenet5",
  seed: 1,
  microBatch: 4,
  slots: 8,
  steps: 12,
  evaluate: true,
  optimizer: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0 },
  schedule: { name: "constant", learningRate: 0.1, warmUp: 0 },
  labelSmoothing: 0,
  augmentation: { cropPadding: 4, flip: true },
  gradientBits: 22,
  numerics: "plain",
  convolution: "direct",
  dataset: { name: "synthetic", trainRecords: 500, testRecords: 50, classes: ["a", "b"], digest: "0".repeat(64) },
  ...changes,
});

/** The coordinator's settings: everything that takes time in the real one is short, but for the silence that it bears. */
export const simulatedOptions = (config: RunConfig, minPeers: number): MembershipOptions => ({
  config,
  run: RUN,
  runName: "simulated",
  iceServers: [],
  minPeers,
  maxPeers: 1024,
  silenceMs: 10_000,
  leaseMs: 300,
  checkpointMs: 2000,
});
