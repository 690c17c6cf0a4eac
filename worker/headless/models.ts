import { basename } from "node:path";
import { parseArgs } from "node:util";
import { type ModelCost, type ModelDefinition, modelCost, modelDefinition, modelNames } from "../../engine/index.ts";
import { loadModel, ModelMistake } from "./loadModel.ts";

/** `npm run models [-- FILE…] [--micro-batch N]`: what every model takes, or those of the given files. */
async function printModels(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { "micro-batch": { type: "string", default: "32" }, json: { type: "boolean", default: false } },
  });
  const microBatch = Number(values["micro-batch"]);
  if (!Number.isInteger(microBatch) || microBatch < 1 || microBatch > 1024)
    throw new ModelMistake(`--micro-batch is a whole number from 1 to 1024, not ${values["micro-batch"]}`);
  const given = positionals.map(async (path) => [basename(path), await loadModel(path)] as const);
  const models = given.length > 0 ? await Promise.all(given) : modelNames.map((name) => [name, modelDefinition(name)] as const);
  const rows = models.map(([name, definition]: readonly [string, ModelDefinition]) => ({ name, ...modelCost(definition, microBatch) }));
  if (values.json) {
    for (const row of rows) console.log(JSON.stringify(row));
    return;
  }
  console.log(`Bytes for a micro-batch of ${microBatch} images; MACs of one image's forward pass.\n`);
  console.log(
    line({ name: "model", parameters: "parameters", macs: "MACs", activations: "activations", gradient: "gradient", peak: "peak" }),
  );
  for (const row of rows) console.log(line(columnsOf(row)));
}

interface Columns {
  readonly name: string;
  readonly parameters: string;
  readonly macs: string;
  readonly activations: string;
  readonly gradient: string;
  readonly peak: string;
}

function columnsOf({ name, parameters, macs, activationBytes, gradientBytes, peakBytes }: ModelCost & { readonly name: string }): Columns {
  const [activations, gradient, peak] = [activationBytes, gradientBytes, peakBytes].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`);
  return {
    name,
    parameters: parameters.toLocaleString("en"),
    macs: `${(macs / 1e6).toFixed(2)} M`,
    activations: activations as string,
    gradient: gradient as string,
    peak: peak as string,
  };
}

const line = ({ name, parameters, macs, activations, gradient, peak }: Columns): string =>
  `${name.padEnd(20)}${[parameters, macs, activations, gradient, peak].map((text) => text.padStart(13)).join("")}`;

try {
  await printModels();
} catch (error) {
  if (!(error instanceof ModelMistake)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
