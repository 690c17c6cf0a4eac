import { readFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import { modelDefinitionSchema } from "../../coordinator/protocol/modelDefinition.ts";
import { CIFAR_CLASSES, CIFAR_SHAPE, describeModel, elementsOf, type ModelDefinition, softmaxCrossEntropy } from "../../engine/index.ts";

/** What is wrong with somebody's model, in a sentence. */
export class ModelMistake extends Error {
  override readonly name = "ModelMistake";
}

/**
 * The model of a file: the export `model`, or the default one, of a module, or what a JSON file holds. Either layers, which get CIFAR-10's
 * images and cross-entropy, or a whole definition. Checked as peers will check it, and by inferring all shapes.
 */
export async function loadModel(path: string): Promise<ModelDefinition> {
  const name = basename(path);
  const exported = extname(path) === ".json" ? parseJson(name, await readText(path)) : await importModel(path);
  if (typeof exported !== "object" || exported === null) throw new ModelMistake(`${name}: ${EXPECTED}, got ${typeof exported}`);
  const whole = "layers" in exported && "loss" in exported;
  const given = whole ? { input: CIFAR_SHAPE, ...exported } : { input: CIFAR_SHAPE, layers: exported, loss: softmaxCrossEntropy() };
  // Through JSON, because that is how it travels: what is no data is gone, or refused here.
  const result = v.safeParse(modelDefinitionSchema, parseJson(name, JSON.stringify(given)));
  if (!result.success) throw new ModelMistake(`${name}: ${whereIn(result.issues[0])}${result.issues[0].message}`);
  checkShapes(name, result.output);
  return result.output;
}

const EXPECTED = "expected layers made with the constructors of engine/index.ts as the export `model` or the default one";

async function importModel(path: string): Promise<unknown> {
  const name = basename(path);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw new ModelMistake(`${name} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const exported = module["model"] ?? module["default"];
  if (exported === undefined) throw new ModelMistake(`${name}: ${EXPECTED}, got ${Object.keys(module).join(", ") || "no export"}`);
  return exported;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ModelMistake(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelMistake(`${name} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function whereIn(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join(".");
  return path === undefined ? "" : `${path}: `;
}

function checkShapes(name: string, definition: ModelDefinition): void {
  let output: ReturnType<typeof describeModel>["output"];
  try {
    output = describeModel(definition).output;
  } catch (cause) {
    throw new ModelMistake(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (definition.loss.type === "softmaxCrossEntropy" && elementsOf(output) !== CIFAR_CLASSES)
    throw new ModelMistake(`${name}: expected ${CIFAR_CLASSES} logits for CIFAR-10's ${CIFAR_CLASSES} classes, got ${elementsOf(output)}`);
}
