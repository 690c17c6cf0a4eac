import { expect, test } from "vitest";
import {
  batchNorm2d,
  conv2d,
  createEngine,
  describeModel,
  type EngineOptions,
  flatten,
  linear,
  sequential,
  softmaxCrossEntropy,
} from "../../../engine/index.ts";
import type { MuonConfig } from "../../../engine/optimizers/muon.ts";
import { createOptimizer } from "../../../engine/optimizers/optimizer.ts";
import { readParameter, writeParameter } from "../../../engine/parameters/layout.ts";
import { relativeError } from "../../golden/comparison.ts";
import { randomValues } from "../ops/differentiated.ts";

/** A filter that is tall as a matrix, one that is wide, vectors, a hidden matrix, and the last one. */
const DESCRIPTION = describeModel({
  input: { height: 5, width: 5, channels: 3 },
  layers: sequential(conv2d(6, 3), batchNorm2d(), conv2d(40, 1), flatten, linear(12), linear(4)),
  loss: softmaxCrossEntropy(),
});
const STEPS = 10;

type Matrix = readonly (readonly number[])[];

const product = (a: Matrix, b: Matrix): Matrix => a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));
const transposed = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));
const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

/** The published function, in f64: G [out][rest] → X ← a X + (b A + c A²) X with A = X Xᵀ, turned over if tall. */
function newtonSchulz(gradient: Matrix, iterations: number): Matrix {
  const size = norm(gradient.flat()) + 1e-7;
  const tall = gradient.length > gradient[0].length;
  let x: Matrix = (tall ? transposed(gradient) : gradient).map((row) => row.map((v) => v / size));
  for (let i = 0; i < iterations; i++) {
    const a = product(x, transposed(x));
    const a2 = product(a, a);
    const polynomial = a.map((row, r) => row.map((v, c) => -4.775 * v + 2.0315 * a2[r][c] + (r === c ? 3.4445 : 0)));
    x = product(polynomial, x);
  }
  return tall ? transposed(x) : x;
}

/** One tensor's course under Muon or, for vectors and the last matrix, SGD: PyTorch's shapes, f64, no kernels. */
function reference(
  shape: readonly number[],
  isMatrix: boolean,
  start: Float64Array,
  gradients: readonly Float64Array[],
  config: Required<Omit<MuonConfig, "type">>,
  learningRate: number,
): number[] {
  const { momentum, nesterov, iterations, renormalize, sgdRate, weightDecay } = config;
  let w = [...start];
  let velocity = w.map(() => 0);
  for (const raw of gradients) {
    const g = Array.from(raw, (v, i) => v + (isMatrix ? 0 : weightDecay * w[i]));
    velocity = velocity.map((v, i) => momentum * v + g[i]);
    const direction = nesterov ? g.map((v, i) => v + momentum * velocity[i]) : velocity;
    if (!isMatrix) {
      w = w.map((v, i) => v - learningRate * sgdRate * direction[i]);
      continue;
    }
    const columns = direction.length / shape[0];
    const rows = Array.from({ length: shape[0] }, (_, r) => direction.slice(r * columns, (r + 1) * columns));
    const update = newtonSchulz(rows, iterations).flat();
    const factor = renormalize ? Math.sqrt(shape[0]) / norm(w) : 1;
    w = w.map((v, i) => factor * v - learningRate * update[i]);
  }
  return w;
}

const ENGINES: readonly EngineOptions[] = [{ reference: "float32" }, { numerics: "plain" }];
const CONFIGS: readonly Required<Omit<MuonConfig, "type">>[] = [
  { momentum: 0.6, nesterov: true, iterations: 3, renormalize: true, sgdRate: 2, weightDecay: 0.01 },
  { momentum: 0.95, nesterov: false, iterations: 5, renormalize: false, sgdRate: 0.5, weightDecay: 0 },
];

test.each(ENGINES.flatMap((options) => CONFIGS.map((config) => [options, config] as const)))(
  "Muon with %o and %o takes ten steps as the published algorithm does in f64",
  async (options, config) => {
    const engine = createEngine(options);
    const { parameters, trainableElements: elements } = DESCRIPTION;
    const optimizer = createOptimizer(engine, { type: "muon", ...config }, { elements, parameters });
    const [w, g] = [engine.memory.allocate(elements), engine.memory.allocate(elements)];
    const state = optimizer.stateNames.map(() => engine.memory.allocate(elements));
    await engine.prepare();
    const view = (address: number) => engine.memory.f32.subarray(address, address + elements);
    parameters.forEach((p, t) => {
      writeParameter(view(w), p, randomValues(p.elements, t));
    });
    for (let step = 0; step < STEPS; step++) {
      parameters.forEach((p, t) => {
        writeParameter(view(g), p, randomValues(p.elements, 100 * (step + 1) + t));
      });
      optimizer.update({ parameters: w, gradient: g, state }, 0.05, step);
    }
    const matrices = parameters.filter(({ shape }) => shape.length > 1).map(({ name }) => name);
    expect(matrices).toEqual(["0.weight", "2.weight", "4.weight", "5.weight"]);
    parameters.forEach((p, t) => {
      const gradients = Array.from({ length: STEPS }, (_, step) => randomValues(p.elements, 100 * (step + 1) + t));
      const isMatrix = matrices.slice(0, -1).includes(p.name);
      const expected = reference(p.shape, isMatrix, randomValues(p.elements, t), gradients, config, 0.05);
      expect(relativeError(readParameter(view(w), p), expected), p.name).toBeLessThan(2e-5);
    });
  },
);

test("a matrix without a gradient keeps its direction, and is only scaled to its norm", async () => {
  const engine = createEngine({ reference: "float32" });
  const { parameters, trainableElements: elements } = DESCRIPTION;
  const optimizer = createOptimizer(engine, { type: "muon" }, { elements, parameters });
  const [w, g, velocity] = [0, 1, 2].map(() => engine.memory.allocate(elements));
  await engine.prepare();
  const [first] = parameters;
  writeParameter(engine.memory.f32.subarray(w), first, new Float64Array(first.elements).fill(3));
  optimizer.update({ parameters: w, gradient: g, state: [velocity] }, 1, 0);
  const after = readParameter(engine.memory.f32.subarray(w, w + elements), first);
  expect(new Set(after).size).toBe(1);
  expect(norm([...after])).toBeCloseTo(Math.sqrt(6), 5);
});
