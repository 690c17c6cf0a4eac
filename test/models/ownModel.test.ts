import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { beforeAll, expect, test } from "vitest";
import { nameOfFile } from "../../coordinator/options/modelFile.ts";
import { readRunConfig } from "../../coordinator/options/readRunConfig.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import { UserError } from "../../coordinator/options/userError.ts";
import { type DatasetInfo, runConfigSchema } from "../../coordinator/protocol/runConfig.ts";
import { CIFAR_SHAPE, describeModel, modelDefinition, softmaxCrossEntropy } from "../../engine/index.ts";
import { replicaConfig } from "../../worker/compute/engineSettings.ts";
import { loadModel } from "../../worker/headless/loadModel.ts";

const engine = JSON.stringify(fileURLToPath(new URL("../../engine/index.ts", import.meta.url)));
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "own-model-"));
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const LAYERS = `import { conv2d, flatten, linear, maxPool2d, named, relu, sequential } from ${engine};
const layers = sequential(named("conv", conv2d(8, 3, { padding: 1 })), relu, maxPool2d(4), flatten, linear(10));`;

test.each([
  ["named.ts", `${LAYERS}\nexport const model = layers;`],
  ["standard.mjs", `${LAYERS}\nexport default layers;`],
])("a module %s gives layers, by name or as the default", async (name, text) => {
  const definition = await loadModel(file(name, text));
  expect(definition).toMatchObject({ input: CIFAR_SHAPE, loss: softmaxCrossEntropy() });
  expect(describeModel(definition).parameters.map((p) => `${p.name} ${p.shape.join("×")}`)).toEqual([
    "conv.weight 8×3×3×3",
    "conv.bias 8",
    "4.weight 10×512",
    "4.bias 10",
  ]);
});

test("a JSON file holds the whole definition, loss included", async () => {
  const definition = modelDefinition("autoencoder");
  expect(await loadModel(file("whole.json", JSON.stringify(definition)))).toEqual(definition);
});

const MISTAKES: readonly (readonly [name: string, text: string, sentence: string])[] = [
  ["none.mjs", "export const layers = 1;", "none.mjs: expected layers made with the constructors of engine/index.ts as the export `model`"],
  ["number.mjs", "export const model = 5;", "got number"],
  ["throws.mjs", 'throw new Error("oh");', "throws.mjs cannot be loaded: oh"],
  ["broken.json", "{", "broken.json is no JSON"],
  ["attention.json", '{"type":"attention"}', "attention.json: layers.type: Invalid type"],
  ["slope.json", '{"type":"activation","kind":"leakyRelu","slope":-0.5}', "slope.json: layers.slope: Invalid value: Expected >=0"],
  [
    "shape.json",
    '{"type":"linear","outFeatures":10,"bias":true}',
    "linear: expected a vector (flatten or pool the map first), got a map of 32×32×3",
  ],
  [
    "classes.mjs",
    `${LAYERS.replace("linear(10)", "linear(7)")}\nexport default layers;`,
    "expected 10 logits for CIFAR-10's 10 classes, got 7",
  ],
];

test.each(MISTAKES)("%s is refused in a sentence", async (name, text, sentence) => {
  await expect(loadModel(file(name, text))).rejects.toThrow(sentence);
});

const dataset: DatasetInfo = { name: "synthetic", trainRecords: 500, testRecords: 50, classes: ["a"], digest: "0".repeat(64) };

test("the run carries the definition as data under the file's name, the codec checks it, and the engine gets it", async () => {
  const definition = modelDefinition("lenet5");
  const config = toRunConfig({ model: nameOfFile("./some where/my model.ts") }, dataset, JSON.parse(JSON.stringify(definition)));
  expect(config).toMatchObject({ model: "my-model", definition });
  expect(v.parse(runConfigSchema, JSON.parse(JSON.stringify(config)))).toEqual(config);
  expect(replicaConfig(config).model).toEqual(definition);
  expect(v.safeParse(runConfigSchema, { ...config, model: "lenet5" }).success).toBe(false);
  const { definition: _, ...nameless } = config;
  expect(v.safeParse(runConfigSchema, nameless).success).toBe(false);
});

const TSX = ["--import", "tsx"];

test("a command asks a process of its own for the definition: what the module prints does no harm", async () => {
  const path = file("talks.mts", `${LAYERS}\nconsole.log("loaded");\nexport default layers;`);
  const config = await readRunConfig({ model: path }, dataset, TSX);
  expect(config).toMatchObject({ model: "talks", definition: await loadModel(path) });
  const wrong = file("wrong.json", '{"type":"flatten"}');
  await expect(readRunConfig({ model: wrong }, dataset, TSX)).rejects.toThrow(
    new UserError(`--model ${wrong}: wrong.json: expected 10 logits for CIFAR-10's 10 classes, got 3072`, { exitCode: 2 }),
  );
  expect(await readRunConfig({ model: "lenet5" }, dataset)).toEqual(toRunConfig({ model: "lenet5" }, dataset));
});

test.each([
  ["./resnet20.ts", "own-resnet20"],
  ["/a/b/.ts", "ts"],
  ["größe!.mjs", "gr-e-"],
])("the run calls %s %s", (path, name) => expect(nameOfFile(path)).toBe(name));
