import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { rivalsAreInstalled } from "./install.ts";
import type { RivalPreparation } from "./rivalHost.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const needsRivals = rivalsAreInstalled() ? "" : " (skipped: the other engines are not installed; npm run bench -- --peers does it)";

/** So few images that the slowest of them is ready in seconds. */
const able = [
  ["TF.js WASM, missing gradients by hand", "lenet5", 2],
  ["TF.js WASM, missing gradients by hand", "vgg_small", 2],
  ["TF.js WASM, missing gradients by hand", "resnet20", 2],
  ["TF.js CPU", "lenet5", 1],
  ["jax-js WASM", "lenet5", 2],
  ["jax-js WASM", "resnet20", 1],
  ["ConvNetJS (f64)", "lenet5", 2],
] as const;

const unable = [
  ["TF.js WASM, as shipped", "lenet5", 2, "Kernel 'Conv2DBackpropFilter' not registered for backend 'wasm'"],
  ["ConvNetJS (f64)", "resnet20", 2, "ConvNetJS has no batchNorm2d"],
  ["TF.js CPU", "vgg_small", 2, "left out: a step of a single image would take about 92 s"],
] as const;

describe.skipIf(!rivalsAreInstalled())(`from our weights, other engines do our step${needsRivals}`, () => {
  const prepared = new Map<string, RivalPreparation>();
  beforeAll(async () => {
    const wanted = [...able, ...unable].map(([name, model, images]) => [name, model, images]);
    const { stdout } = await promisify(execFile)("npx", ["tsx", "test/bench/peers/prepare.ts", JSON.stringify(wanted)], { cwd: root });
    const lines = stdout.trim().split("\n");
    wanted.forEach(([name, model], i) => {
      prepared.set(`${name} ${model}`, JSON.parse(lines[i] ?? "") as RivalPreparation);
    });
  }, 240_000);

  test.each(able)("%s, %s: the losses of three steps are ours but for rounding", (name, model, images) => {
    const preparation = prepared.get(`${name} ${model}`);
    if (preparation?.type !== "ready") throw new Error(`expected it to be ready, got ${JSON.stringify(preparation)}`);
    expect(preparation.images).toBe(images);
    expect(preparation.difference).toBeLessThan(1e-4);
  });

  test.each(unable)("%s, %s: cannot, with the reason", (name, model, _, reason) => {
    expect(prepared.get(`${name} ${model}`)).toEqual({ type: "cannot", reason });
  });
});
