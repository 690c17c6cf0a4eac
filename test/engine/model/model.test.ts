import { expect, test } from "vitest";
import {
  batchNorm2d,
  CIFAR_SHAPE,
  conv2d,
  createEngine,
  globalMeanPool2d,
  linear,
  type Model,
  modelDefinition,
  named,
  relu,
  sequential,
  softmaxCrossEntropy,
} from "../../../engine/index.ts";
import { SMALL } from "../replica/syntheticRun.ts";

const REFERENCE = { reference: "float32" } as const;

function batchOf(images: number, seed: number) {
  return {
    images: Float32Array.from({ length: images * 192 }, (_, i) => Math.sin(seed + i * (seed + 1))),
    labels: Int32Array.from({ length: images }, (_, i) => (i + seed) % 10),
  };
}

function gradientOf(model: Model, images: number, seed: number): number[] {
  model.gradient(batchOf(images, seed));
  return Array.from(model.gradientVector);
}

test("a step reads nothing that an earlier one left behind", async () => {
  const definition = { ...SMALL, layers: JSON.parse(JSON.stringify(SMALL.layers).replace('"rate":0.2', '"rate":0')) };
  const model = await createEngine(REFERENCE).model(definition, { microBatch: 4, seed: 2 });
  const first = gradientOf(model, 2, 5);
  gradientOf(model, 4, 6);
  model.evaluate(batchOf(3, 7));
  expect(gradientOf(model, 2, 5)).toEqual(first);
});

test("KE3 a batch smaller than the micro-batch gives the bits of a model that was made for it", async () => {
  const layers = sequential(
    ...[conv2d(12, 3, { padding: 1 }), relu, conv2d(16, 3, { padding: 1, bias: false }), batchNorm2d(), relu],
    ...[conv2d(16, 3, { stride: 2, padding: 1, groups: 16 }), conv2d(24, 1), globalMeanPool2d, linear(10)],
  );
  const definition = { input: { height: 7, width: 9, channels: 3 }, layers, loss: softmaxCrossEntropy() };
  const inputs = Float32Array.from({ length: 3 * 7 * 9 * 3 }, (_, i) => Math.sin(i * i));
  const gradients = [3, 11].map(async (microBatch) => {
    const model = await createEngine().model(definition, { microBatch, seed: 4 });
    model.gradient({ images: inputs, labels: Int32Array.of(7, 0, 3) });
    return Array.from(model.gradientVector);
  });
  const [fitting, larger] = await Promise.all(gradients);
  expect(larger).toEqual(fitting);
  expect(new Set(fitting).size).toBeGreaterThan(1000);
});

test("a model trained for some steps learns its batch, and evaluates with the running statistics", async () => {
  const model = await createEngine(REFERENCE).model(SMALL, { microBatch: 8, seed: 3 });
  const optimizer = await model.optimizer({ type: "sgd", momentum: 0.9 });
  const batch = batchOf(8, 1);
  const first = model.gradient(batch).loss;
  for (let step = 0; step < 30; step++) {
    optimizer.step(0.05);
    model.gradient(batch);
  }
  const { loss, correct } = model.evaluate(batch);
  expect(loss).toBeLessThan(first / 2);
  expect(correct).toBeGreaterThanOrEqual(6);
});

test("two models of one engine do not disturb each other", async () => {
  const engine = createEngine(REFERENCE);
  const a = await engine.model(SMALL, { microBatch: 2, seed: 1 });
  const before = a.outputs(batchOf(2, 1));
  const b = await engine.model(SMALL, { microBatch: 2, seed: 2 });
  gradientOf(b, 2, 3);
  (await b.optimizer({ type: "adam" })).step(0.1);
  expect(a.outputs(batchOf(2, 1))).toEqual(before);
});

test("an autoencoder's loss is the mean squared difference to its input", async () => {
  const model = await createEngine(REFERENCE).model("autoencoder", { microBatch: 1 });
  const images = Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i));
  const outputs = model.outputs({ images });
  const expected = outputs.reduce((sum, y, i) => sum + (y - images[i]) * (y - images[i]), 0) / outputs.length;
  expect(model.evaluate({ images }).loss).toBeCloseTo(expected, 5);
});

test("a model whose maps are too many for the memory is refused, with the layer that makes the largest", async () => {
  const layers = sequential(named("wide", conv2d(4096, 3, { padding: 1 })), relu, globalMeanPool2d, linear(10));
  const definition = { input: CIFAR_SHAPE, layers, loss: softmaxCrossEntropy() };
  await expect(createEngine().model(definition, { microBatch: 512 })).rejects.toThrow(
    /expected maps that fit 4 GiB, got \d+\.\d GiB for a micro-batch of 512 images; the largest map is that of conv2d "wide", 32×32×4096 for each image/,
  );
});

test("a batch that does not fit is refused with what was expected", async () => {
  const model = await createEngine(REFERENCE).model("lenet5", { microBatch: 2 });
  const message = "expected up to 2 images of 3072 values and a label each, got";
  expect(() => model.gradient({ images: new Float32Array(3072) })).toThrow(`${message} 3072 values and 0 labels`);
  expect(() => model.gradient({ images: new Float32Array(3 * 3072), labels: new Int32Array(3) })).toThrow(
    `${message} 9216 values and 3 labels`,
  );
  expect(() => modelDefinition("resnet21" as "resnet20")).toThrow('got "resnet21"');
});
