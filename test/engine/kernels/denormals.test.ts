import { expect, test } from "vitest";
import {
  conv2d,
  createEngine,
  flatten,
  linear,
  type ModelDefinition,
  relu,
  sequential,
  softmaxCrossEntropy,
} from "../../../engine/index.ts";
import { generateKernels } from "../../../engine/kernels/generateKernels.ts";
import type { Kernel, Kernels } from "../../../engine/kernels/kernels.ts";
import { referenceKernels } from "../../../engine/kernels/reference.ts";

const SMALLEST_NORMAL = 2 ** -126;

/** Numbers that a processor takes many times longer for. */
function denormals(values: ArrayLike<number>): readonly number[] {
  return Array.from(values).filter((value) => value !== 0 && Math.abs(value) < SMALLEST_NORMAL);
}

async function linked(elements: number) {
  const set = generateKernels({ numerics: "plain", convolution: "winograd" });
  return { set, memory: new WebAssembly.Memory({ initial: Math.ceil((4 * elements) / 65536) }) };
}

test("KE4 probabilities of classes that are as good as excluded are gradients of 0, not denormal ones", async () => {
  const { set, memory } = await linked(100);
  const loss = set.kernels.softmaxCrossEntropy(4, 0);
  await set.link(memory, 90);
  const h = new Float32Array(memory.buffer);
  h.set([0, -38, -60, -100], 10); // e^-38, e^-60 and e^-100: about 3e-17, 9e-27 and 4e-44
  loss(1, 10, 20, 30, 31, 40);
  const dlogits = h.subarray(40, 44);
  expect(denormals(dlogits)).toEqual([]);
  expect(dlogits[1]).toBeGreaterThan(0);
  expect([dlogits[2], dlogits[3]]).toEqual([0, 0]);
});

test("KE4 momentum without gradients dies out at 0, and no step on the way is denormal", async () => {
  const { set, memory } = await linked(100);
  await set.link(memory, 90);
  const h = new Float32Array(memory.buffer);
  const [w, g, velocity, settings] = [10, 20, 30, 40];
  h.set([0.1, 0.5, 0, 1, 0], settings); // learning rate, momentum, weight decay, …: a velocity halves with every step
  h.fill(1, velocity, velocity + 4);
  for (let step = 0; step < 200; step++) {
    set.vector.sgd(4, w, g, velocity, settings);
    expect(denormals(h.subarray(velocity, velocity + 4))).toEqual([]);
  }
  expect([...h.subarray(velocity, velocity + 4)]).toEqual([0, 0, 0, 0]);
});

const FACTOR = 2 ** -56; // the smallest that stays
const TINY = [FACTOR, -FACTOR, FACTOR / 2, -FACTOR / 2, 2 ** -126, -(2 ** -130), 2 ** -149, 1];

/** Where the numbers are, where results go, rows of ones and of zeros, and what nobody looks at. */
const [FROM, TO, ONES, ZEROS, ELSEWHERE] = [8, 16, 24, 32, 40];
const NORM = [ZEROS, ONES, ONES, ZEROS] as const; // mean, variance, gamma, beta

const POINTS = { height: 2, width: 2, channels: 2, kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0 };
const RESPONSES = { height: 2, width: 2, channels: 2, size: 1, alpha: 0, beta: 0.75, k: 1 };

/** A kernel and what it is called with: eight numbers go through it unchanged, in two channels and four pixels where it has any. */
interface Passage {
  readonly make: (kernels: Kernels) => Kernel;
  readonly values: Parameters<Kernel>;
  readonly inPlace?: boolean;
}

const PASSAGES: Readonly<Record<string, Passage>> = {
  addBias: { make: ({ addBias }) => addBias(2, false), values: [4, ZEROS, TO], inPlace: true },
  biasReluGradient: { make: ({ biasReluGradient }) => biasReluGradient(2, false), values: [4, ONES, TO, ELSEWHERE], inPlace: true },
  batchNorm: { make: ({ batchNorm }) => batchNorm(2, 0, { residual: false, relu: false }), values: [4, FROM, ...NORM, TO, 0] },
  batchNormBackward: {
    make: ({ batchNormBackward }) => batchNormBackward(2, 0, false),
    values: [4, FROM, ZEROS, ZEROS, ONES, ONES, ZEROS, TO],
  },
  "batchNormBackward that adds": {
    make: ({ batchNormBackward }) => batchNormBackward(2, 0, true),
    values: [4, FROM, ZEROS, ZEROS, ONES, ONES, ZEROS, TO],
  },
  batchNormReluBackward: { make: (kernels) => kernels.batchNormReluBackward(2, 0, false), values: [4, FROM, ONES, ...NORM, ZEROS, TO] },
  relu: { make: ({ activation }) => activation("relu", 0), values: [8, FROM, TO] },
  leakyRelu: { make: ({ activation }) => activation("leakyRelu", 1), values: [8, FROM, TO] },
  "relu backward": { make: ({ activationBackward }) => activationBackward("relu", 0, false), values: [8, ONES, FROM, TO] },
  "tanh backward": { make: ({ activationBackward }) => activationBackward("tanh", 0, false), values: [8, ZEROS, FROM, TO] },
  flush: { make: ({ flush }) => flush(), values: [8, TO], inPlace: true },
  add: { make: ({ add }) => add(), values: [8, FROM, ZEROS, TO] },
  scale: { make: ({ scale }) => scale(1), values: [8, FROM, TO] },
  dropout: { make: ({ dropout }) => dropout(0), values: [8, FROM, ZEROS, TO, ELSEWHERE] },
  multiply: { make: ({ multiply }) => multiply(false), values: [8, FROM, ONES, TO] },
  meanPool2d: { make: ({ meanPool2d }) => meanPool2d(POINTS, false), values: [1, FROM, TO] },
  "meanPool2d backward": { make: ({ meanPool2dBackward }) => meanPool2dBackward(POINTS, false, false), values: [1, FROM, TO] },
  localResponseNorm: { make: (kernels) => kernels.localResponseNorm(RESPONSES), values: [1, FROM, TO, ELSEWHERE] },
  "localResponseNorm backward": {
    make: (kernels) => kernels.localResponseNormBackward(RESPONSES, false),
    values: [1, ZEROS, ZEROS, ONES, FROM, TO],
  },
  meanSquaredError: { make: ({ meanSquaredError }) => meanSquaredError(2), values: [4, FROM, ZEROS, ELSEWHERE, TO] },
};

test.each(Object.entries(PASSAGES))("KE4 %s writes 0 in place of what is below 2^-56, as the reference does", async (_name, passage) => {
  const { set, memory } = await linked(1000);
  const places = new Float32Array(memory.buffer);
  const reference = new Float32Array(90);
  const kernel = passage.make(set.kernels);
  const definition = passage.make(referenceKernels(() => ({ f32: reference, i32: new Int32Array(reference.buffer) })).kernels);
  await set.link(memory, 90);
  for (const [h, run] of [[places, kernel] as const, [reference, definition] as const]) {
    h.fill(1, ONES, ONES + 8).set(TINY, passage.inPlace ? TO : FROM);
    run(...passage.values);
    const written = Array.from(h.subarray(TO, TO + 7));
    const kept = written.filter((value) => value !== 0);
    expect(written.slice(2)).toEqual([0, 0, 0, 0, 0]);
    expect(kept.map(Math.abs)).toEqual(kept.map(() => FACTOR));
    expect(kept).toContain(FACTOR);
  }
  expect(Array.from(places.subarray(TO, TO + 7))).toEqual(Array.from(reference.subarray(TO, TO + 7)));
});

test.each(["sgd", "adam", "rmsprop", "adagrad", "adadelta"] as const)("KE4 %s leaves no parameter below 2^-56", async (name) => {
  const { set, memory } = await linked(100);
  await set.link(memory, 90);
  const h = new Float32Array(memory.buffer);
  const [w, g, first, second, settings] = [10, 20, 30, 40, 50];
  h.fill(1, settings, settings + 9); // Adam's last setting is what the parameter shrinks by
  h[settings] = 0; // the learning rate
  h.fill(1, first, first + 8).fill(1, second, second + 8);
  h.set(TINY, w);
  if (name === "sgd") set.vector.sgd(8, w, g, first, settings);
  else if (name === "adagrad") set.vector.adagrad(8, w, g, first, settings);
  else set.vector[name](8, w, g, first, second, settings);
  expect(Array.from(h.subarray(w, w + 8))).toEqual([FACTOR, -FACTOR, 0, 0, 0, 0, 0, 1]);
});

const NETWORK: ModelDefinition = {
  input: { height: 8, width: 8, channels: 3 },
  layers: sequential(conv2d(8, 3, { padding: 1 }), relu, conv2d(8, 3, { padding: 1 }), relu, flatten, linear(10)),
  loss: softmaxCrossEntropy(),
};

test("KE4 a network that is sure of its answers has gradients of normal size or of 0", async () => {
  const model = await createEngine().model(NETWORK, { microBatch: 4, seed: 1 });
  const images = Float32Array.from({ length: 4 * 8 * 8 * 3 }, (_, i) => Math.sin(i));
  const sureness = [1, 4, 16, 64, 256];
  for (const factor of sureness) {
    const { elements, offset } = model.parameters.find(({ name }) => name === "5.weight") ?? { elements: 0, offset: 0 };
    expect(elements).toBe(8 * 8 * 8 * 10);
    for (let i = offset; i < offset + elements; i++) model.parameterVector[i] *= factor;
    model.gradient({ images, labels: Int32Array.of(0, 1, 2, 3) });
    expect(denormals(model.gradientVector), `weights times ${factor}`).toEqual([]);
  }
});
