import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { MAX_MESSAGE_BYTES } from "../protocol/codec.ts";
import { type ModelDefinitionData, modelDefinitionSchema } from "../protocol/modelDefinition.ts";
import type { DatasetInfo, RunConfig } from "../protocol/runConfig.ts";
import { isModelFile, nameOfFile } from "./modelFile.ts";
import type { RunOptions } from "./runOptions.ts";
import { toRunConfig } from "./toRunConfig.ts";
import { UserError } from "./userError.ts";

const DESCRIBE_MODEL = fileURLToPath(new URL("../../worker/headless/describeModel.ts", import.meta.url));

/** The definition travels in a message with the rest of the configuration. */
const MAX_DEFINITION_BYTES = MAX_MESSAGE_BYTES / 2;
const PATIENCE_MS = 60_000;

/** The run that the options describe; the file of a model of one's own is read for it. `nodeOptions`: how this process runs TypeScript. */
export async function readRunConfig(
  options: RunOptions,
  dataset: DatasetInfo,
  nodeOptions: readonly string[] = process.execArgv,
): Promise<RunConfig> {
  if (options.model === undefined || !isModelFile(options.model)) return toRunConfig(options, dataset);
  const definition = await describeModelFile(options.model, nodeOptions);
  return toRunConfig({ ...options, model: nameOfFile(options.model) }, dataset, definition);
}

/** Asks a process of its own, which may import the engine: the coordinator only passes the data on. */
async function describeModelFile(path: string, nodeOptions: readonly string[]): Promise<ModelDefinitionData> {
  const json = await new Promise<string>((resolve, reject) => {
    const options = { timeout: PATIENCE_MS, maxBuffer: 4 * MAX_DEFINITION_BYTES };
    execFile(process.execPath, [...nodeOptions, DESCRIBE_MODEL, path], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new UserError(`--model ${path}: ${stderr.trim() || error.message}`, { exitCode: 2, cause: error }));
    });
  });
  if (Buffer.byteLength(json) > MAX_DEFINITION_BYTES) {
    const size = Buffer.byteLength(json);
    throw new UserError(`--model ${path}: a definition has at most ${MAX_DEFINITION_BYTES} bytes as JSON, this one has ${size}`, {
      exitCode: 2,
    });
  }
  return v.parse(modelDefinitionSchema, JSON.parse(json));
}
