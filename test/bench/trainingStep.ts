import {
  createEngine,
  createReplica,
  type EngineOptions,
  hashKey,
  type ModelDefinition,
  type Replica,
  streamWord,
} from "../../engine/index.ts";
import { type KernelProfile, profiledCore } from "./profile.ts";
import { type SubjectName, subjectDefinition } from "./subjects.ts";

export interface TrainingSubject {
  readonly model: SubjectName | ModelDefinition;
  readonly images: number;
  readonly engine: EngineOptions;
  readonly condition?: Condition;
}

/** What is unusual about the numbers of a step, and its size. With one, nothing is learnt (learning rate 0): the numbers stay as they are. */
export interface Condition {
  readonly imageFactor: number;
  readonly parameterFactor: number;
  /** Of a model that was made for so many images, which are then more than `images`. */
  readonly microBatch: number;
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
  const { replica, ...prepared } = await prepareReplica(subject, profiled);
  const { images, condition } = subject;
  replica.initialize(1);
  fillWithNoise(replica);
  replica.calibrate(images, 0);
  const vector = new Int32Array(replica.layout.length);
  if (condition !== undefined) scaleParameters(replica, condition.parameterFactor);
  const noise = replica.input.map((value) => value * (condition?.imageFactor ?? 1));
  let step = 0;
  const run = (): void => {
    if (condition !== undefined) replica.input.set(noise); // a step may have changed it
    replica.addSlot(images, step);
    replica.apply(replica.takeVector(vector), { learningRate: condition === undefined ? 1e-3 : 0, step: step++ });
  };
  return { run, ...prepared };
}

/** The model as a compute worker has it, before its first numbers, and how long that took. */
export async function prepareReplica(
  subject: TrainingSubject,
  profiled = false,
): Promise<Omit<TrainingStep, "run"> & { replica: Replica }> {
  let moduleBytes = 0;
  const compile = WebAssembly.compile;
  WebAssembly.compile = (bytes) => {
    moduleBytes += bytes.byteLength;
    return compile(neverSeen(bytes));
  };
  const start = performance.now();
  const core = createEngine(subject.engine);
  const profile = profiled ? profiledCore(core) : undefined;
  const replica = await createReplica(profile?.core ?? core, {
    model: subjectDefinition(subject.model),
    microBatch: subject.condition?.microBatch ?? subject.images,
    slots: 1,
    optimizer: { type: "sgd", momentum: 0.9 },
  });
  const preparationMs = performance.now() - start;
  WebAssembly.compile = compile;
  return { replica, preparationMs, moduleBytes, profile };
}

let modules = 0;

/** The module with a custom section of 14 bytes that no other has: engines do not compile the same bytes twice. */
function neverSeen(bytes: BufferSource): BufferSource {
  const module = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = new TextEncoder().encode(`bench ${String(modules++).padStart(5, "0")}`);
  const section = Uint8Array.of(0, name.length + 1, name.length, ...name);
  const marked = new Uint8Array(module.length + section.length);
  marked.set(module);
  marked.set(section, module.length);
  return marked;
}

/** The state begins with the parameters. */
function scaleParameters(replica: Replica, factor: number): void {
  const state = replica.state();
  const parameters = new Float32Array(state.buffer, state.byteOffset, replica.description.parameterElements);
  for (let i = 0; i < parameters.length; i++) parameters[i] *= factor;
}

function fillWithNoise({ input, labels }: Replica): void {
  const key = hashKey(7);
  for (let i = 0; i < input.length; i++) input[i] = (streamWord(key, 0, i) / 2 ** 32) * 3.4 - 1.7;
  for (let i = 0; i < labels.length; i++) labels[i] = streamWord(key, 1, i) % 10;
}
