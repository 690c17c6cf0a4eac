import { loadModel, ModelMistake } from "./loadModel.ts";

/*
 * The file of a model, loaded in a process of its own because it is somebody's code: prints its definition as one line of JSON,
 * or says on standard error what is wrong with it.
 */

/** What the module itself prints must not stand among the output. */
console.log = console.error;

try {
  process.stdout.write(`${JSON.stringify(await loadModel(process.argv[2] ?? ""))}\n`);
} catch (error) {
  if (!(error instanceof ModelMistake)) throw error;
  process.stderr.write(error.message);
  process.exitCode = 2;
}
