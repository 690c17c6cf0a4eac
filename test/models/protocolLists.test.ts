import * as v from "valibot";
import { expect, test } from "vitest";
import { OPTIMIZERS } from "../../coordinator/options/defaults.ts";
import { modelDefinitionSchema } from "../../coordinator/protocol/modelDefinition.ts";
import { MODEL_NAMES } from "../../coordinator/protocol/modelNames.ts";
import { OPTIMIZER_NAMES, optimizerSchema } from "../../coordinator/protocol/optimizer.ts";
import { SCHEDULE_NAMES, scheduleSchema } from "../../coordinator/protocol/schedule.ts";
import { modelDefinition, modelNames, optimizerNames, scheduleNames } from "../../engine/index.ts";

test("a run can name every model of the engine, and no other", () => {
  expect([...MODEL_NAMES]).toEqual([...modelNames]);
});

test("a run can name every optimiser of the engine, and no other", () => {
  expect(OPTIMIZER_NAMES.toSorted()).toEqual(optimizerNames.toSorted());
  expect(optimizerSchema.options.map(({ entries }) => entries.name.literal)).toEqual([...OPTIMIZER_NAMES]);
  for (const name of OPTIMIZER_NAMES) expect(v.parse(optimizerSchema, OPTIMIZERS[name])).toEqual(OPTIMIZERS[name]);
});

test("a run can name every schedule of the engine, and no other", () => {
  const camelCase = SCHEDULE_NAMES.map((name) => (name === "one-cycle" ? "oneCycle" : name));
  expect(camelCase.toSorted()).toEqual(scheduleNames.toSorted());
  expect(scheduleSchema.options.map(({ entries }) => entries.name.literal)).toEqual([...SCHEDULE_NAMES]);
});

test.each(modelNames)("the codec lets the definition of %s pass unchanged: all layers of the engine can travel", (name) => {
  const definition = modelDefinition(name);
  expect(v.parse(modelDefinitionSchema, JSON.parse(JSON.stringify(definition)))).toEqual(definition);
});

const linear = { type: "linear", outFeatures: 10, bias: true };
const definitionOf = (layers: unknown) => ({
  input: { height: 32, width: 32, channels: 3 },
  layers,
  loss: { type: "softmaxCrossEntropy", labelSmoothing: 0 },
});
const nested = (depth: number): unknown => (depth === 0 ? linear : { type: "sequential", layers: [nested(depth - 1)] });

test.each<[what: string, layers: unknown, sentence: string]>([
  ["an unknown layer", { type: "attention" }, "Invalid type"],
  ["a layer with something else in it", { ...linear, run: "code" }, "Invalid key"],
  ["a size beyond the bounds", { ...linear, outFeatures: 1e9 }, "Invalid value"],
  ["a size that is no whole number", { ...linear, outFeatures: 1.5 }, "Invalid integer"],
  ["a number that is none", { type: "scale", factor: Number.NaN }, "Invalid type"],
  ["a name with a dot", { type: "named", name: "a.b", layer: linear }, "a layer's name has at most 64 letters"],
  ["too deep a tree", nested(100), "layers are nested at most 24 deep"],
  ["too many layers", { type: "sequential", layers: Array.from({ length: 2001 }, () => linear) }, "a model has at most 2000 layers"],
])("%s is refused at the codec", (_, layers, sentence) => {
  const result = v.safeParse(modelDefinitionSchema, definitionOf(layers));
  expect(result.success).toBe(false);
  expect(result.issues?.map(({ message }) => message).join()).toContain(sentence);
});
