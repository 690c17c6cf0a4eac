import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineOptions } from "../../engine/index.ts";
import { needsShared, sharedFolder, sharedIsThere } from "../shared.ts";
import { failed } from "./comparison.ts";
import { goldenCases } from "./runGolden.ts";

/** The larger models take minutes: `npm run golden -- DIR` has them. */
const RUNS: readonly (readonly [string, EngineOptions, readonly string[]])[] = [
  ["the reference kernels", { reference: "float32" }, ["ops/", "models/lenet5"]],
  ["the generated kernels", { convolution: "direct" }, ["ops/", "models/lenet5", "models/resnet20", "models/alexnet"]],
  ["the generated kernels with Winograd", { convolution: "winograd" }, ["ops/conv", "models/lenet5", "models/resnet20", "models/alexnet"]],
];

describe.skipIf(!sharedIsThere).each(RUNS)(`%s agree with PyTorch${needsShared}`, (_, engine, selections) => {
  const directory = join(sharedFolder, "golden");
  const cases = selections.flatMap((only) => goldenCases(directory, { engine, only }));
  test.each(cases.map((goldenCase) => [goldenCase.name, goldenCase] as const))("%s", async (_name, goldenCase) => {
    const result = await goldenCase.run();
    if (result.status === "skipped") throw new Error(`expected ${result.name} to run, got skipped: ${result.reason}`);
    expect(result.comparisons.length).toBeGreaterThan(0);
    expect(result.comparisons.filter(failed)).toEqual([]);
  });
});
