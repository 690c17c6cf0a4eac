import { expect, test } from "vitest";
import { CIFAR_SHAPE, createEngine, createReplica, elementsOf, type Model, modelDefinition, type Replica } from "../../../engine/index.ts";
import { readParameter } from "../../../engine/parameters/layout.ts";
import { randomValues } from "../ops/differentiated.ts";

const IMAGES = 4;

/** Neighbouring pixels and channels are alike, as in photographs. */
function smoothImages(): Float32Array {
  const noise = randomValues(IMAGES * elementsOf(CIFAR_SHAPE), 3);
  return Float32Array.from(noise, (v, i) => v + (noise[i - 1] ?? 0) + (noise[i - 3] ?? 0) + (noise[i - 96] ?? 0));
}

/** The first layer's filters, [24][3 · 2 · 2]. */
function filtersOf(model: Pick<Model, "parameters" | "parameterVector">): number[][] {
  const weight = model.parameters.find(({ name }) => name === "whiten.weight");
  if (weight === undefined) throw new Error("expected fast to have whiten.weight");
  const values = readParameter(model.parameterVector, weight);
  return Array.from({ length: 24 }, (_, f) => [...values.subarray(12 * f, 12 * (f + 1))]);
}

function responses(images: Float32Array, filter: readonly number[]): number[] {
  const { height, width, channels } = CIFAR_SHAPE;
  const result: number[] = [];
  for (let image = 0; image < IMAGES; image++) {
    for (let y = 0; y < height - 1; y++) {
      for (let x = 0; x < width - 1; x++) {
        const pixel = (c: number, dy: number, dx: number) => images[((image * height + y + dy) * width + x + dx) * channels + c];
        result.push(filter.reduce((sum, w, i) => sum + w * pixel(Math.floor(i / 4), Math.floor(i / 2) % 2, i % 2), 0));
      }
    }
  }
  return result;
}

test("whitening filters turn patches into uncorrelated components of size 1, and each has its negative", async () => {
  const model = await createEngine({ reference: "float32" }).model("fast", { microBatch: IMAGES });
  const images = smoothImages();
  model.whiten({ images });
  const filters = filtersOf(model);
  const maps = filters.slice(0, 12).map((filter) => responses(images, filter));
  const moment = (i: number, j: number) => maps[i].reduce((sum, v, p) => sum + v * maps[j][p], 0) / maps[i].length;
  for (let i = 0; i < 12; i++) {
    expect(filters[12 + i]).toEqual(filters[i].map((w) => -w));
    expect(moment(i, i)).toBeGreaterThan(0.98); // λ / (λ + ε)
    expect(moment(i, i)).toBeLessThan(1);
    for (let j = 0; j < i; j++) expect(Math.abs(moment(i, j))).toBeLessThan(1e-5);
  }
});

async function startFast(): Promise<Replica> {
  const replica = await createReplica(createEngine(), {
    model: "fast",
    microBatch: IMAGES,
    slots: 1,
    optimizer: { type: "muon", sgdRate: 10 },
  });
  replica.initialize(1);
  replica.input.set(smoothImages());
  replica.labels.set([1, 2, 3, 4]);
  replica.calibrate(IMAGES);
  return replica;
}

test("AR1 frozen filters come from the first images alike on every replica, are not trained, and travel with the state", async () => {
  const [a, b] = [await startFast(), await startFast()];
  expect(a.hash()).toBe(b.hash());
  const frozen = (replica: Replica) => replica.stateDict().filter(({ name }) => name === "whiten.weight" || name.endsWith("norm1.weight"));
  const before = frozen(a);
  a.addSlot(IMAGES);
  const vector = a.takeVector();
  for (const replica of [a, b]) replica.apply(vector, { learningRate: 0.1, step: 0 });
  expect(a.hash()).toBe(b.hash());
  expect(frozen(a)).toEqual(before);
  const frozenElements = 24 * 12 + 64 * 2 + 128 * 4;
  expect(a.description.parameterElements - a.description.trainableElements).toBe(frozenElements);
  expect(a.layout.elements).toBe(a.description.trainableElements + a.description.statisticsElements);

  const newcomer = await createReplica(createEngine(), {
    model: "fast",
    microBatch: IMAGES,
    slots: 1,
    optimizer: { type: "muon", sgdRate: 10 },
  });
  newcomer.loadState(Uint8Array.from(a.state()));
  expect(frozen(newcomer)).toEqual(before);
});

test("filters that begin as the identity hand their channel on", async () => {
  const model = await createEngine({ reference: "float32" }).model(modelDefinition("fast"), { microBatch: 1 });
  const weight = model.stateDict().find(({ name }) => name === "block1.conv1.weight");
  expect(weight?.shape).toEqual([64, 24, 3, 3]);
  const filter = (o: number, i: number) => [...(weight?.values.subarray((o * 24 + i) * 9, (o * 24 + i + 1) * 9) ?? [])];
  expect(filter(5, 5)).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  expect(filter(5, 6)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const rest = filter(30, 6);
  expect(Math.max(...rest.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(24 * 9));
  expect(rest.some((w) => w !== 0)).toBe(true);
});
