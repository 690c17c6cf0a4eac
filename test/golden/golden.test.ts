import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failed } from "./comparison.ts";
import { goldenCases } from "./runGolden.ts";

const { TABGRAD_SHARED } = process.env;
const SHARED = TABGRAD_SHARED ?? new URL("../../../shared", import.meta.url).pathname;
const DIRECTORY = join(SHARED, "golden");

if (!existsSync(DIRECTORY)) {
  test.skip(`no reference cases: ${DIRECTORY} is missing (set TABGRAD_SHARED)`, () => undefined);
} else {
  const cases = [
    ...goldenCases(DIRECTORY, { engine: { reference: "float32" }, only: "ops/" }),
    ...goldenCases(DIRECTORY, { engine: { reference: "float32" }, only: "models/lenet5" }),
  ];
  test.each(cases.map((goldenCase) => [goldenCase.name, goldenCase] as const))(
    "the reference kernels agree with PyTorch: %s",
    async (_, goldenCase) => {
      const result = await goldenCase.run();
      if (result.status === "skipped") throw new Error(`expected ${result.name} to run, got skipped: ${result.reason}`);
      expect(result.comparisons.length).toBeGreaterThan(0);
      expect(result.comparisons.filter(failed)).toEqual([]);
    },
  );
}
