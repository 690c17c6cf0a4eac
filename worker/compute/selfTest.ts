import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { hashKey, type Replica } from "../../engine/index.ts";
import type { ReplicaInfo } from "./computeWorker.ts";

/** The key of the self-test's images; any number will do, as long as it is everyone's. */
const SELF_TEST_KEY = 0x5e1f;

/** Further steps on the same images, for the speed: the first ones run before the engine's code is fully compiled. */
const TIMED_STEPS = 3;

/**
 * One whole training step on agreed noise: the hash of the state after it shows that this engine computes the run's bits, and a few
 * more gradients show how fast. The replica has to be initialized (again) afterwards.
 */
export function selfTest(replica: Replica, config: RunConfig): Pick<ReplicaInfo, "selfTest" | "imagesPerSecond"> {
  const { microBatch } = config;
  const { input, labels } = replica;
  for (let i = 0; i < input.length; i++) input[i] = (hashKey(SELF_TEST_KEY, i) / 2 ** 31 - 1) * 2;
  for (let i = 0; i < microBatch; i++) labels[i] = hashKey(SELF_TEST_KEY, input.length + i) % config.dataset.classes.length;
  replica.initialize(config.seed);
  replica.calibrate(microBatch, SELF_TEST_KEY);
  replica.addSlot(microBatch, SELF_TEST_KEY);
  replica.apply(replica.takeVector(), { learningRate: 0.01, step: 0 });
  const hash = replica.hash();
  const began = performance.now();
  for (let i = 0; i < TIMED_STEPS; i++) replica.addSlot(microBatch, SELF_TEST_KEY);
  replica.takeVector();
  return { selfTest: hash, imagesPerSecond: (1000 * TIMED_STEPS * microBatch) / Math.max(1, performance.now() - began) }; // some clocks stand still for a while
}
