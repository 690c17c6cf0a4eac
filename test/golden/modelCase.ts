import { CIFAR_SHAPE, type Engine, hash32, isModelName, type Model, type ModelDefinition, modelDefinition } from "../../engine/index.ts";
import { readParameter } from "../../engine/parameters/layout.ts";
import { type CifarRecords, type Normalization, readBatch } from "./cifarRecords.ts";
import { type Comparison, relativeError } from "./comparison.ts";
import { configOf } from "./ops/optimizer.ts";
import { withoutDropout } from "./withoutDropout.ts";

type Norms = Readonly<Record<string, number>>;

/** Five training steps of a model by PyTorch, in float32 and in float64 (`_f64`); see the golden directory's README. */
export interface ModelCase extends Normalization {
  readonly model: string;
  readonly seed: number;
  readonly batch: number;
  readonly optimizer: { readonly name: string; readonly lr: number };
  readonly parameters: readonly (readonly [name: string, shape: readonly number[]])[];
  readonly first_input: readonly number[];
  readonly loss: readonly number[];
  readonly loss_f64: readonly number[];
  readonly logits_0: readonly (readonly number[])[];
  readonly logits_0_f64: readonly (readonly number[])[];
  readonly grad_norm_0: Norms;
  readonly grad_norm_0_f64: Norms;
  readonly param_norm_end: Norms;
  readonly param_norm_end_f64: Norms;
  readonly running_norm_end: Norms;
  readonly running_norm_end_f64: Norms;
  readonly eval_logits_end: readonly (readonly number[])[];
  readonly eval_logits_end_f64: readonly (readonly number[])[];
}

/** How far from the float64 run a model may end: so many times the distance of PyTorch's own float32 run, and a little more. */
export interface ModelBound {
  readonly times: number;
  readonly plus: number;
}

export async function runModelCase(
  engine: Engine,
  golden: ModelCase,
  records: CifarRecords,
  bound: ModelBound,
): Promise<readonly Comparison[]> {
  const model = await engine.model(definitionOf(golden), { microBatch: golden.batch });
  const comparisons = [checkParameters(model, golden)];
  setInitialParameters(model, golden.seed);
  const optimizer = await model.optimizer(configOf({ attributes: golden.optimizer }));
  const losses: number[] = [];
  for (let step = 0; step < golden.loss.length; step++) {
    const batch = readBatch(records, step * golden.batch, golden.batch, golden);
    losses.push(model.gradient(batch).loss);
    if (step === 0) {
      comparisons.push(checkInput(batch.images, golden));
      comparisons.push(against(bound, "logits_0", model.outputs(batch, "training"), golden.logits_0.flat(), golden.logits_0_f64.flat()));
      comparisons.push(...againstNorms(bound, "grad_norm_0", gradientNorms(model), golden.grad_norm_0, golden.grad_norm_0_f64));
    }
    optimizer.step(golden.optimizer.lr);
  }
  comparisons.push(against(bound, "loss", losses, golden.loss, golden.loss_f64));
  const end = new Map(model.stateDict().map(({ name, values }) => [name, norm(values)]));
  comparisons.push(...againstNorms(bound, "param_norm_end", end, golden.param_norm_end, golden.param_norm_end_f64));
  comparisons.push(...againstNorms(bound, "running_norm_end", end, golden.running_norm_end, golden.running_norm_end_f64));
  const outputs = model.outputs(readBatch(records, 0, golden.batch, golden));
  comparisons.push(against(bound, "eval_logits_end", outputs, golden.eval_logits_end.flat(), golden.eval_logits_end_f64.flat()));
  return comparisons;
}

function definitionOf({ model }: ModelCase): ModelDefinition {
  if (!isModelName(model)) throw new Error(`expected a model of the engine, got "${model}"`);
  return withoutDropout(modelDefinition(model));
}

/** Names and shapes are to be those of the case, in its order. */
function checkParameters(model: Model, golden: ModelCase): Comparison {
  const actual = model.parameters.map(({ name, shape }) => [name, shape]);
  const same = JSON.stringify(actual) === JSON.stringify(golden.parameters);
  return { what: "parameter names and shapes", error: same ? 0 : Number.POSITIVE_INFINITY, bound: 0 };
}

/** Of the first image: pixels (0, 0) and (0, 1) of red, (0, 0) of green, the last of blue. */
function checkInput(images: Float32Array, { first_input }: ModelCase): Comparison {
  const { height, width, channels } = CIFAR_SHAPE;
  const actual = [0, channels, 1, height * width * channels - 1].map((i) => images[i]);
  return { what: "first_input", error: relativeError(actual, first_input), bound: 1e-6 };
}

function setInitialParameters(model: Model, seed: number): void {
  let index = 0;
  const tensors = model.stateDict().map((tensor) => {
    const isNorm = model.description.batchNorms.some(({ name }) => tensor.name.startsWith(`${name}.`));
    if (isNorm) return tensor;
    const key = seed * 1000003 + index++ * 65537;
    const bound = tensor.shape.length >= 2 ? Math.sqrt(6 / tensor.shape.slice(1).reduce((a, b) => a * b, 1)) : 0.05;
    return { ...tensor, values: tensor.values.map((_, j) => bound * (2 * (hash32(key + j) / 2 ** 32) - 1)) };
  });
  model.loadStateDict(tensors);
}

function gradientNorms(model: Model): ReadonlyMap<string, number> {
  return new Map(model.parameters.map((p) => [p.name, norm(readParameter(model.gradientVector, p))]));
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
}

/** The distance to the float64 run. */
function against(
  { times, plus }: ModelBound,
  what: string,
  actual: ArrayLike<number>,
  float32: ArrayLike<number>,
  float64: ArrayLike<number>,
): Comparison {
  return { what, error: relativeError(actual, float64), bound: times * relativeError(float32, float64) + plus };
}

/** All norms together: a bias before a batch norm has a gradient of nothing but rounding. */
function againstNorms(
  bound: ModelBound,
  what: string,
  actual: ReadonlyMap<string, number>,
  float32: Norms,
  float64: Norms,
): readonly Comparison[] {
  const names = Object.keys(float64);
  if (names.length === 0) return [];
  const values = names.map((name) => actual.get(name) ?? Number.NaN);
  return [
    against(
      bound,
      what,
      values,
      names.map((name) => float32[name]),
      names.map((name) => float64[name]),
    ),
  ];
}
