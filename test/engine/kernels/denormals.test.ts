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
  h.set([0, -60, -80, -100], 10); // e^-80 and e^-100: about 1e-35 and 4e-44
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
