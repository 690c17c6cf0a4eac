import {
  batchNorm2d,
  conv2d,
  createEngine,
  createReplica,
  dropout,
  type EngineOptions,
  flatten,
  hashKey,
  linear,
  type ModelDefinition,
  maxPool2d,
  mergeVectors,
  type Replica,
  type ReplicaConfig,
  relu,
  residual,
  type StepMetrics,
  sequential,
  softmaxCrossEntropy,
  streamWord,
} from "../../../engine/index.ts";

const SLOTS = 4;
const MICRO_BATCH = 3;
export const SEED = 11;

/** A small network with all that may differ between replicas: convolutions, batch norm, pooling, dropout, linear. */
export const SMALL: ModelDefinition = {
  input: { height: 8, width: 8, channels: 3 },
  layers: sequential(
    conv2d(8, 3, { padding: 1, bias: false }),
    batchNorm2d(),
    relu,
    residual(sequential(conv2d(8, 3, { padding: 1, bias: false }), batchNorm2d()), undefined, { relu: true }),
    maxPool2d(2),
    flatten,
    dropout(0.2),
    linear(10),
  ),
  loss: softmaxCrossEntropy(),
};

export const CONFIG: ReplicaConfig = {
  model: SMALL,
  microBatch: MICRO_BATCH,
  slots: SLOTS,
  optimizer: { type: "sgd", momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
};

export async function startReplica(options: EngineOptions = { reference: "float32" }, config: ReplicaConfig = CONFIG): Promise<Replica> {
  const replica = await createReplica(createEngine(options), config);
  replica.initialize(SEED);
  fillSlot(replica, 0, 0);
  replica.calibrate(config.microBatch, hashKey(SEED, 0, 0));
  return replica;
}

/** Images that are a pattern of their class with noise: something to learn, the same for whoever computes the slot. */
export function fillSlot(replica: Replica, step: number, slot: number): void {
  const { input, labels } = replica;
  const pixels = input.length / labels.length;
  for (let image = 0; image < labels.length; image++) {
    const key = hashKey(SEED, step, slot, image);
    labels[image] = key % 10;
    for (let i = 0; i < pixels; i++) {
      const noise = streamWord(key, 1, i) / 0x1_0000_0000;
      const pattern = streamWord(labels[image], 2, i) / 0x1_0000_0000;
      input[image * pixels + i] = 2 * pattern + noise - 1.5;
    }
  }
}

export function addSlots(replica: Replica, step: number, slots: readonly number[]): Int32Array {
  for (const slot of slots) {
    fillSlot(replica, step, slot);
    replica.addSlot(replica.labels.length, hashKey(SEED, step, slot));
  }
  return replica.takeVector();
}

/** One step with the slots shared out among replicas as given, and the same update on each of them. */
export function step(replicas: readonly Replica[], shares: readonly (readonly number[])[], at: number, learningRate = 0.05): StepMetrics[] {
  const [first, ...others] = replicas.map((replica, i) => addSlots(replica, at, shares[i]));
  for (const other of others) mergeVectors(first, other, replicas[0].layout);
  return replicas.map((replica) => replica.apply(first, { learningRate, step: at }));
}
