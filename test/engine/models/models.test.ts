import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createEngine, describeModel, elementsOf, type ModelName, modelDefinition, modelNames } from "../../../engine/index.ts";
import { readParameter } from "../../../engine/parameters/layout.ts";
import { withoutDropout } from "../../golden/withoutDropout.ts";
import { needsShared, sharedFolder, sharedIsThere } from "../../shared.ts";
import { randomValues } from "../ops/differentiated.ts";

/** As counted in PyTorch for the models of the usual CIFAR repositories; He et al. 2015 (table 6) and Huang et al. 2017 (table 2) agree. */
const PARAMETERS: Readonly<Record<ModelName, number>> = {
  lenet5: 62_006,
  alexnet: 23_272_266,
  vgg11: 9_231_114,
  vgg13: 9_416_010,
  vgg16: 14_728_266,
  vgg19: 20_040_522,
  vgg11_plain: 9_225_610,
  vgg13_plain: 9_410_122,
  vgg16_plain: 14_719_818,
  vgg19_plain: 20_029_514,
  googlenet: 6_166_250,
  resnet20: 269_722,
  resnet32: 464_154,
  resnet44: 658_586,
  resnet56: 853_018,
  resnet110: 1_727_962,
  resnet18: 11_173_962,
  densenet_40_12: 1_019_722,
  densenet_bc_40_12: 176_122,
  densenet_bc_100_12: 769_162,
  mobilenet: 3_217_226,
  fast: 569_016 + 640, // frozen ones too: the whitening filters, and the weights of batch norm, which stay 1
  autoencoder: 47_267,
};

test.each(modelNames)("%s has the parameters of its paper", (name) => {
  expect(describeModel(modelDefinition(name)).parameterElements).toBe(PARAMETERS[name]);
});

const goldenModels = join(sharedFolder, "golden/models");
const known = modelNames.filter((name) => existsSync(join(goldenModels, `${name}.json`)));

test.skipIf(!sharedIsThere)(`parameters have the names and shapes of the PyTorch repositories${needsShared}`, () => {
  expect(known.length).toBeGreaterThan(0);
  for (const name of known) {
    const { parameters } = describeModel(modelDefinition(name));
    const golden = JSON.parse(readFileSync(join(goldenModels, `${name}.json`), "utf8"));
    expect(parameters.map((parameter) => [parameter.name, parameter.shape])).toEqual(golden.parameters);
  }
});

/** One of each family: the others differ in depth. */
const FAMILIES: readonly ModelName[] = [
  "lenet5",
  "alexnet",
  "vgg11",
  "vgg11_plain",
  "googlenet",
  "resnet20",
  "resnet110",
  "resnet18",
  "densenet_40_12",
  "densenet_bc_100_12",
  "mobilenet",
  "fast",
  "autoencoder",
];

test.each(FAMILIES)("%s: every parameter gets a finite gradient, and a step along it lowers the loss", async (name) => {
  const model = await createEngine().model(withoutDropout(modelDefinition(name)), { microBatch: 4, seed: 1 });
  const images = Float32Array.from(randomValues(4 * elementsOf(modelDefinition(name).input), 1));
  const batch = { images, labels: Int32Array.of(3, 1, 4, 1) };
  const { loss } = model.gradient(batch);
  let squares = 0;
  for (const parameter of model.parameters.filter(({ frozen }) => !frozen)) {
    const gradient = readParameter(model.gradientVector, parameter);
    expect(gradient.every(Number.isFinite), parameter.name).toBe(true);
    expect(
      gradient.some((g) => g !== 0),
      parameter.name,
    ).toBe(true);
    squares += gradient.reduce((sum, g) => sum + g * g, 0);
  }
  (await model.optimizer({ type: "sgd" })).step((1e-2 * loss) / squares);
  expect(model.gradient(batch).loss).toBeLessThan(loss);
});
