import { expect, test } from "vitest";
import { createEngine, createReplica, meanLoss, type OptimizerConfig, type Replica } from "../../../engine/index.ts";
import { readParameter } from "../../../engine/parameters/layout.ts";
import { relativeError } from "../../golden/comparison.ts";
import { withoutDropout } from "../../golden/withoutDropout.ts";
import { addSlots, CONFIG, fillSlot, SEED, SMALL, startReplica, step } from "./syntheticRun.ts";

const ALL = [0, 1, 2, 3];

test("AR1 slots in any order and grouping, over any replicas, give the same integers, states and hashes", async () => {
  const replicas = await Promise.all(Array.from({ length: 6 }, () => startReplica()));
  const [alone, a, b, c, d, e] = replicas;
  for (let at = 0; at < 3; at++) {
    step([alone], [ALL], at);
    step(
      [a, b],
      [
        [3, 0],
        [2, 1],
      ],
      at,
    );
    step([c, d, e], [[1], [], [0, 2, 3]], at);
    expect(new Set(replicas.map((replica) => replica.hash())).size).toBe(1);
  }
  for (const other of replicas) expect(other.state()).toEqual(alone.state());
});

test("AR1 the integer vector is the same, element by element, whatever the order of the slots", async () => {
  const [a, b] = [await startReplica(), await startReplica()];
  expect(addSlots(a, 0, [0, 1, 2, 3])).toEqual(addSlots(b, 0, [2, 3, 1, 0]));
});

test.each<OptimizerConfig>([
  { type: "sgd", momentum: 0.9 },
  { type: "adam" },
  { type: "adamw" },
  { type: "rmsprop", momentum: 0.5 },
  { type: "adagrad" },
  { type: "adadelta" },
  { type: "muon" },
])("a replica learns with $type, and a copy of its state goes on with the same bits", async (optimizer) => {
  const config = { ...CONFIG, optimizer };
  const replica = await startReplica(undefined, config);
  const learningRate = { sgd: 0.02, adam: 0.005, adamw: 0.005, rmsprop: 0.002, adagrad: 0.02, adadelta: 1, muon: 0.02 }[optimizer.type];
  const losses = Array.from({ length: 12 }, (_, at) => meanLoss(step([replica], [ALL], at, learningRate)[0]));
  expect(losses.slice(-3).reduce((x, y) => x + y)).toBeLessThan(losses.slice(0, 3).reduce((x, y) => x + y));

  const copy = await createReplica(createEngine({ reference: "float32" }), config);
  copy.loadState(Uint8Array.from(replica.state()));
  expect(copy.hash()).toBe(replica.hash());
  step(
    [replica, copy],
    [
      [0, 1],
      [2, 3],
    ],
    12,
    learningRate,
  );
  expect(copy.hash()).toBe(replica.hash());
});

test("QU4 a NaN in one slot skips the step on every replica alike, and is counted", async () => {
  const [a, b] = [await startReplica(), await startReplica()];
  const before = a.hash();
  fillSlot(a, 0, 0);
  a.input[5] = Number.NaN;
  a.addSlot(3, 1);
  const vector = a.takeVector();
  const results = [a, b].map((replica) => replica.apply(vector, { learningRate: 0.1, step: 0 }));
  expect(results[0].nonFinite).toBeGreaterThan(0);
  expect(results[0]).toEqual(results[1]);
  expect(results[0].skipped).toBe(true);
  expect([a.hash(), b.hash()]).toEqual([before, before]);
  expect(
    step(
      [a, b],
      [
        [0, 1],
        [2, 3],
      ],
      1,
    )[0].skipped,
  ).toBe(false);
});

test("QU3 the exponents are those of slot 0 at step 0, and then those of the largest gradient of any slot", async () => {
  const replica = await startReplica();
  const { layout } = replica;
  const exponents = () => {
    const bytes = Uint8Array.from(replica.state());
    return Array.from(new Int32Array(bytes.buffer).subarray(-layout.tensors.length));
  };
  expect(exponents()).toEqual(Array.from(addSlots(replica, 0, [0]).subarray(layout.sumLength)));
  const vector = addSlots(replica, 0, [1, 2, 3]);
  const apart = [1, 2, 3].map((slot) => addSlots(replica, 0, [slot]).subarray(layout.sumLength));
  replica.apply(vector, { learningRate: 0.1, step: 0 });
  expect(exponents()).toEqual(layout.tensors.map((_, t) => Math.max(...apart.map((maxima) => maxima[t]))));
});

test("QU1 gradients far beyond the last step's saturate, are counted, and do not overflow", async () => {
  const replica = await startReplica();
  fillSlot(replica, 0, 1);
  for (let i = 0; i < replica.input.length; i++) replica.input[i] *= 1e4;
  for (const _ of ALL) replica.addSlot(3, 1);
  const vector = replica.takeVector();
  expect(vector[replica.layout.saturated]).toBeGreaterThan(0);
  expect(Math.max(...vector.subarray(0, replica.layout.elements).map(Math.abs))).toBeLessThan(2 ** 31);
  expect(replica.apply(vector, { learningRate: 0, step: 0 }).skipped).toBe(false);
});

test("QU1 one slot's update is the gradient and the statistics of the model alone, to the 22 bits that integers keep", async () => {
  const definition = withoutDropout(SMALL);
  // With learning rate 1 and no momentum the parameters move by the mean gradient.
  const replica = await startReplica(undefined, { ...CONFIG, model: definition, slots: 1, optimizer: { type: "sgd" } });
  const model = await createEngine({ reference: "float32" }).model(definition, { microBatch: 3 });
  model.loadStateDict(replica.stateDict());
  const before = parametersOf(replica);
  const vector = addSlots(replica, 0, [0]);
  model.gradient({ images: replica.input, labels: replica.labels });
  replica.apply(vector, { learningRate: 1, step: 0 });
  parametersOf(replica).forEach((after, t) => {
    const gradient = readParameter(model.gradientVector, model.parameters[t]);
    const moved = before[t].map((w, i) => w - after[i]);
    // Half a step of 2^-22 of the largest, and the rounding of a weight below 1.
    const bound = Math.max(...gradient.map(Math.abs)) * 2 ** -22 + 2 ** -24;
    expect(Math.max(...moved.map((d, i) => Math.abs(d - gradient[i])))).toBeLessThan(bound);
  });
  expect(relativeError(statisticsOf(replica), statisticsOf(model))).toBeLessThan(1e-6);
});

test("clipping scales the mean gradient down to the given norm", async () => {
  const plain = { ...CONFIG, optimizer: { type: "sgd" } as const };
  const [free, clipped] = [await startReplica(undefined, plain), await startReplica(undefined, { ...plain, clipNorm: 0.01 })];
  const start = parametersOf(free);
  const [metrics] = step([free], [ALL], 0, 1);
  const [same] = step([clipped], [ALL], 0, 1);
  expect(same.gradientNorm).toBe(metrics.gradientNorm);
  expect(distance(start, parametersOf(free))).toBeCloseTo(metrics.gradientNorm, 4);
  expect(distance(start, parametersOf(clipped))).toBeCloseTo(0.01, 5);
});

test("evaluation uses the running statistics and no dropout, and changes nothing", async () => {
  const replica = await startReplica();
  step([replica], [ALL], 0);
  const before = replica.hash();
  fillSlot(replica, 9, 0);
  const [first, second] = [replica.evaluate(3, 7), replica.evaluate(3, 7)];
  expect(first).toEqual(second);
  expect(first.lossSum).toBeGreaterThan(0);
  expect(replica.hash()).toBe(before);
});

test("the state begins alike for a seed, and differently for another", async () => {
  const [a, b] = [await startReplica(), await startReplica()];
  expect(a.hash()).toBe(b.hash());
  b.initialize(SEED + 1);
  expect(a.hash()).not.toBe(b.hash());
  expect(a.hash()).toMatch(/^[0-9a-f]{16}$/);
});

test.each([
  ["no images", "images", 0],
  ["fewer than no images", "images", -1_000_000],
  ["fewer than none correct", "correct", -1],
  ["more correct than there are images", "correct", 4],
  ["fewer than none that are not finite", "nonFinite", -1],
] as const)("QU7 a vector that counts %s changes nothing, and is told as not finite", async (_what, counter, value) => {
  const replica = await startReplica();
  const before = replica.hash();
  fillSlot(replica, 0, 0);
  replica.addSlot(3, 1);
  const vector = replica.takeVector();
  vector[replica.layout[counter]] = value;
  const result = replica.apply(vector, { learningRate: 0.1, step: 0 });
  expect(result).toMatchObject({ skipped: true, images: 0, correct: 0, nonFinite: 1 });
  expect(replica.hash()).toBe(before);
});

test("wrong lengths, missing randomness and too many images are refused with what was expected", async () => {
  const replica = await startReplica();
  expect(() => replica.addSlot(3)).toThrow("expected the randomness of the slot for 1 dropout layers, got none");
  expect(() => replica.addSlot(4, 1)).toThrow("expected 1 to 3 images (the micro-batch), got 4");
  expect(() => replica.loadState(new Uint8Array(7))).toThrow(`expected a state of ${replica.state().length} bytes, got 7`);
  expect(() => replica.apply(new Int32Array(3), { learningRate: 1, step: 0 })).toThrow(
    `expected a reduced vector of ${replica.layout.length}`,
  );
});

function parametersOf(replica: Replica): Float32Array[] {
  return replica
    .stateDict()
    .filter(({ name }) => !name.includes("running"))
    .map(({ values }) => values);
}

function statisticsOf(owner: Pick<Replica, "stateDict">): number[] {
  return owner.stateDict().flatMap(({ name, values }) => (name.includes("running") ? Array.from(values) : []));
}

function distance(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  return Math.sqrt(a.reduce((sum, values, t) => sum + values.reduce((s, v, i) => s + (v - b[t][i]) * (v - b[t][i]), 0), 0));
}
