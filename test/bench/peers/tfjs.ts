import * as tf from "@tensorflow/tfjs-core";
import { LEARNING_RATE, MOMENTUM, type RivalStep, type StartingPoint } from "./rival.ts";
import { tfjsLayers } from "./tfjsLayers.ts";
import { applyLayers } from "./translate.ts";

export interface TfjsChoice {
  readonly backend: "wasm" | "cpu";
  readonly gradients: "its own" | "by hand";
}

/** TF.js's eager training step, as its documentation writes one; channels come last. Its backend must be loaded. */
export function startTfjs(point: StartingPoint, { backend, gradients }: TfjsChoice): RivalStep {
  const { height, width, channels } = point.definition.input;
  const x = tf.tensor(point.pixels, [point.images, height, width, channels]);
  const labels = tf.cast(tf.oneHot(tf.tensor1d(point.labels, "int32"), CLASSES), "float32");
  const variables = new Map(
    point.parameters.map(({ name, channelsLast: { shape, values } }) => [name, tf.variable(tf.tensor(values, shape))]),
  );
  const variable = (name: string): tf.Tensor => {
    const found = variables.get(name);
    if (found === undefined) throw new Error(`expected a parameter ${name} of the model, got none of that name`);
    return found;
  };
  const layers = tfjsLayers(gradients === "by hand" ? x : undefined);
  const optimizer = tf.train.momentum(LEARNING_RATE, MOMENTUM);
  return async () => {
    await tf.setBackend(backend); // another rival may have used the other one meanwhile
    const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, applyLayers(layers, point.definition, variable, x)), true);
    const [value] = await loss.data();
    loss.dispose();
    return value;
  };
}

const CLASSES = 10;

/** Loads TF.js with a backend, on one thread. */
export async function loadTfjs(backend: TfjsChoice["backend"]): Promise<void> {
  tf.enableProdMode(); // no checks, no greetings
  if (backend === "cpu") await import("@tensorflow/tfjs-backend-cpu");
  else if (tf.findBackend(backend) === null) {
    const { setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setThreadsCount(1);
    // In Node it finds its files beside itself; bundled for a page it would not.
    const file = new URL("./node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm", import.meta.url);
    if (file.protocol !== "file:") setWasmPaths(new URL(".", file).href);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`TF.js was expected to have a backend "${backend}", but could not start it`);
  if (backend === "wasm" && !tf.env().getBool("WASM_HAS_SIMD_SUPPORT")) throw new Error("TF.js was expected to use SIMD, but does not");
}
