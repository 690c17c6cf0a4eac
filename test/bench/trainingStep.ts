import { createEngine, createReplica, type EngineOptions, hashKey, type Replica, streamWord } from "../../engine/index.ts";
import { type KernelProfile, profiledCore } from "./profile.ts";
import { type SubjectName, subjectDefinition } from "./subjects.ts";

export interface TrainingSubject {
  readonly model: SubjectName;
  readonly images: number;
  readonly engine: EngineOptions;
}

/** A model ready to train as a compute worker does it, on images of noise. */
export interface TrainingStep {
  /** Forward, loss, backward, rounding to integers, update: what one slot and its step cost. */
  run(): void;
  /** From nothing to kernels that can run: description, memory plan, generation, compilation. */
  readonly preparationMs: number;
  readonly moduleBytes: number;
  readonly profile: KernelProfile | undefined;
}

export async function createTrainingStep(subject: TrainingSubject, profiled = false): Promise<TrainingStep> {
  let moduleBytes = 0;
  const compile = WebAssembly.compile;
  WebAssembly.compile = (bytes) => {
    moduleBytes += bytes.byteLength;
    return compile(bytes);
  };
  const start = performance.now();
  const core = createEngine(subject.engine);
  const profile = profiled ? profiledCore(core) : undefined;
  const replica = await createReplica(profile?.core ?? core, {
    model: subjectDefinition(subject.model),
    microBatch: subject.images,
    slots: 1,
    optimizer: { type: "sgd", momentum: 0.9 },
  });
  const preparationMs = performance.now() - start;
  WebAssembly.compile = compile;
  replica.initialize(1);
  fillWithNoise(replica);
  replica.calibrate(subject.images, 0);
  const vector = new Int32Array(replica.layout.length);
  let step = 0;
  const run = (): void => {
    replica.addSlot(subject.images, step);
    replica.apply(replica.takeVector(vector), { learningRate: 1e-3, step: step++ });
  };
  return { run, preparationMs, moduleBytes, profile };
}

function fillWithNoise({ input, labels }: Replica): void {
  const key = hashKey(7);
  for (let i = 0; i < input.length; i++) input[i] = (streamWord(key, 0, i) / 2 ** 32) * 3.4 - 1.7;
  for (let i = 0; i < labels.length; i++) labels[i] = streamWord(key, 1, i) % 10;
}
