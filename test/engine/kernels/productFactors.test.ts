import { expect, test } from "vitest";
import {
  batchNorm2d,
  concat,
  conv2d,
  convTranspose2d,
  createEngine,
  createReplica,
  describeModel,
  dropout,
  elementsOf,
  flatten,
  gelu,
  globalMeanPool2d,
  type Layer,
  leakyRelu,
  linear,
  localResponseNorm,
  type ModelDefinition,
  type ModelName,
  maxPool2d,
  meanPool2d,
  modelDefinition,
  modelNames,
  type NamedTensor,
  optimizerNames,
  relu,
  residual,
  scale,
  sequential,
  sigmoid,
  softmaxCrossEntropy,
  tanh,
} from "../../../engine/index.ts";
import type { Kernel } from "../../../engine/kernels/kernels.ts";
import { Model } from "../../../engine/model/model.ts";
import { buildProgram } from "../../../engine/model/program.ts";
import { createOptimizer, type OptimizerConfig } from "../../../engine/optimizers/optimizer.ts";
import { randomValues } from "../ops/differentiated.ts";
import { tooSmall, watchedCore } from "./productFactors.ts";

const IMAGES = 2;
const SLOW_MS = 300_000; // the first step of a large model is on denormal numbers
const DENORMAL = 2 ** -130;

const ADDRESSES = {
  ...{ parameters: 0, statistics: 0, gradient: 0, input: 16, labels: 0 },
  ...{ loss: 0, correct: 0, zeros: 0, batchNormScratch: 0 },
};

const TWO_MATRICES: ModelDefinition = {
  input: { height: 2, width: 2, channels: 2 },
  layers: sequential(conv2d(3, 1), flatten, linear(2)),
  loss: softmaxCrossEntropy(),
};

function denormals(values: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0 && Math.abs(values[i]) < 2 ** -126) count += 1;
  return count;
}

const scaled = (tensors: readonly NamedTensor[], factor: number): readonly NamedTensor[] =>
  tensors.map(({ name, shape, values }) => ({ name, shape, values: values.map((value) => value * factor) }));

/** A model whose images and parameters are multiplied by these factors, with what its products read. */
async function scaledModel(definition: ModelDefinition, imageFactor: number, parameterFactor: number) {
  const { core, take } = watchedCore(createEngine());
  const model = new Model(core, definition, { microBatch: IMAGES, seed: 1 });
  const optimizer = await model.optimizer({ type: "sgd", momentum: 0.9, weightDecay: 5e-4 });
  model.loadStateDict(scaled(model.stateDict(), parameterFactor));
  const images = Float32Array.from(randomValues(IMAGES * elementsOf(definition.input), 3), (value) => value * imageFactor);
  return { model, optimizer, take, batch: { images, labels: Int32Array.of(0, 1) } };
}

/** A replica whose trainable parameters, statistics, momentum and images are denormal numbers. */
async function denormalReplica(model: ModelName) {
  const { core, take } = watchedCore(createEngine());
  const optimizer = { type: "sgd", momentum: 0.9, weightDecay: 5e-4 } as const;
  const replica = await createReplica(core, { model, microBatch: IMAGES, slots: 1, optimizer });
  const { parameterElements, trainableElements, statisticsElements } = replica.description;
  const { buffer, byteOffset } = replica.state();
  const range = (begin: number, elements: number) => new Float32Array(buffer, byteOffset + 4 * begin, elements);
  const parameters = range(0, parameterElements);
  const momentum = range(parameterElements + statisticsElements, trainableElements);
  for (const values of [parameters.subarray(0, trainableElements), range(parameterElements, statisticsElements), momentum, replica.input])
    for (let i = 0; i < values.length; i++) values[i] = ((i % 7) - 3) * DENORMAL;
  return { replica, take, parameters, momentum };
}

test.each(modelNames)(
  "KE4 after a step on denormal images, parameters and momentum no product of %s reads a number below 2^-56",
  async (name) => {
    const { replica, take, parameters, momentum } = await denormalReplica(name);
    expect([denormals(parameters), denormals(momentum), denormals(replica.input)]).not.toContain(0);
    for (let step = 0; step < 2; step++) {
      take();
      replica.addSlot(IMAGES, step);
      replica.apply(replica.takeVector(), { learningRate: 0.01, step });
      expect([tooSmall(replica.input), tooSmall(parameters), denormals(momentum)]).toEqual([0, 0, 0]);
    }
    const read = take(); // by the second step
    expect(read.products).toBeGreaterThan(0);
    expect(read.tooSmall).toBe(0);
  },
  SLOW_MS,
);

test(
  "KE4 a file's parameters are flushed: not even a first step reads smaller ones",
  async () => {
    const { model, take, batch } = await scaledModel(modelDefinition("lenet5"), DENORMAL, DENORMAL);
    model.evaluate(batch);
    model.gradient(batch);
    expect(take().tooSmall).toBe(0);
    expect(tooSmall(model.parameterVector)).toBe(0);
  },
  SLOW_MS,
);

const after = (...layers: readonly Layer[]): Layer => sequential(...layers, flatten, linear(10));
const conv = conv2d(4, 3, { padding: 1, bias: false });
const separable = sequential(conv2d(4, 3, { padding: 1, groups: 4, bias: false }), conv2d(4, 1, { bias: false }));

/** Products that follow one another with nothing, or little, between them. */
const CHAINS: Readonly<Record<string, Layer>> = {
  "convolutions alone": after(conv, conv, conv),
  "separable convolutions alone": after(conv, separable, separable),
  "transposed convolutions alone": after(conv, convTranspose2d(4, 3, { padding: 1, bias: false }), convTranspose2d(4, 3, { padding: 1 })),
  "linear layers alone": after(conv, flatten, linear(8, { bias: false }), linear(8)),
  "a scale": after(conv, scale(1e-3), conv, scale(1e-3)),
  "mean pooling": after(conv, meanPool2d(2), conv, meanPool2d(3, { stride: 1 }), conv, globalMeanPool2d),
  "max pooling": after(conv, maxPool2d(2), conv, maxPool2d(3, { stride: 1 }), conv),
  "a residual": after(conv, residual(conv), residual(conv), conv),
  "a concatenation": after(conv, concat(conv, sequential(conv, meanPool2d(3, { stride: 1, padding: 1 }))), conv),
  dropout: after(conv, dropout(0.5), conv, dropout(0.5)),
  "local response norm": after(conv, localResponseNorm(3), conv, localResponseNorm(3), conv),
  "leaky ReLU": after(conv, leakyRelu(), conv, leakyRelu()),
  sigmoid: after(conv, sigmoid, conv, sigmoid),
  tanh: after(conv, tanh, conv, tanh),
  gelu: after(conv, gelu, conv, gelu),
  "batch norm": after(conv, batchNorm2d(), conv, batchNorm2d(), relu),
};

test.each(Object.entries(CHAINS))(
  "KE4 products with %s between them read no number below 2^-56, however small what they make",
  async (_, layers) => {
    const definition = { input: { height: 8, width: 8, channels: 3 }, layers, loss: softmaxCrossEntropy() };
    for (const power of [-10, -20, -30, -40, -50, -60]) {
      const { model, optimizer, take, batch } = await scaledModel(definition, 2 ** power, 2 ** power);
      model.gradient(batch);
      optimizer.step(1e-12);
      model.gradient(batch);
      expect(take().tooSmall, `images and parameters times 2^${power}`).toBe(0);
    }
  },
);

test("KE4 no model needs a pass of its own to flush anything but its images", () => {
  for (const name of modelNames) {
    const engine = createEngine({ reference: "float32" });
    const passes = new Set<Kernel>();
    const flush = (): Kernel => {
      const kernel = engine.kernels.flush();
      passes.add(kernel);
      return kernel;
    };
    const core = { ...engine, kernels: { ...engine.kernels, flush } };
    for (const mode of ["training", "evaluation"] as const) {
      const { program } = buildProgram(core, describeModel(modelDefinition(name)), mode, IMAGES, ADDRESSES);
      const calls = [...program.forward, ...program.backward].filter(({ kernel }) => passes.has(kernel));
      expect(
        calls.map(({ operands }) => operands[0]?.buffer.address),
        `${name}, ${mode}`,
      ).toEqual([ADDRESSES.input]);
    }
  }
});

const OPTIMIZERS: readonly OptimizerConfig[] = [
  ...(["sgd", "rmsprop", "muon"] as const).map((type) => ({ type, momentum: 0.9 })),
  ...(["adadelta", "adagrad", "adam", "adamw"] as const).map((type) => ({ type })),
];

test("KE4 every optimiser is among those whose state is watched", () => {
  expect(OPTIMIZERS.map(({ type }) => type).sort()).toEqual([...optimizerNames].sort());
});

test.each(OPTIMIZERS)("KE4 without gradients what $type remembers dies out at exactly 0 and is never denormal", async (config) => {
  const { parameters, trainableElements: elements } = describeModel(TWO_MATRICES);
  const core = createEngine();
  const optimizer = createOptimizer(core, config, { elements, parameters });
  const [w, g] = [core.memory.allocate(elements), core.memory.allocate(elements)];
  const state = optimizer.stateNames.map(() => core.memory.allocate(elements));
  await core.prepare();
  const view = (address: number) => core.memory.f32.subarray(address, address + elements);
  for (const address of [w, g, ...state]) view(address).set(randomValues(elements, address).map(Math.abs));
  const steps = config.type === "muon" ? 1000 : 80_000; // a mean of squares at a decay of 0.999 takes 69,000 to 1e-30
  for (let step = 0; step < steps; step++) {
    optimizer.update({ parameters: w, gradient: g, state }, 1e-3, step);
    if (step === 0) view(g).fill(0);
    if (step % 97 === 0) for (const address of [w, ...state]) expect(denormals(view(address))).toBe(0);
  }
  optimizer.stateNames.forEach((name, i) => {
    if (name !== "sum") expect(view(state[i]), name).toEqual(new Float32Array(elements)); // Adagrad's sum never decays
  });
  expect(tooSmall(view(w))).toBe(0);
});
