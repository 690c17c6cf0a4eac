import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Comparison, failed } from "./comparison.ts";
import { type CaseResult, goldenCases } from "./runGolden.ts";
import { compareTraining } from "./training.ts";

/** The default is the exact path: Winograd's larger rounding flips more ReLUs, and a flipped one carries further than these bounds. */
const USAGE =
  "npm run golden -- DIR [--data CIFAR_DIR] [--reference] [--convolution direct|winograd] [--only TEXT], or npm run golden -- --training [--model resnet20] [--steps 300] [--batch 128] [--data CIFAR_DIR]";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    reference: { type: "boolean", default: false },
    convolution: { type: "string", default: "direct" },
    only: { type: "string" },
    training: { type: "boolean", default: false },
    model: { type: "string", default: "resnet20" },
    steps: { type: "string", default: "300" },
    batch: { type: "string", default: "128" },
  },
});
if (values.training) {
  const [steps, batch] = [Number(values.steps), Number(values.batch)];
  process.exit((await compareTraining({ model: values.model, steps, batch, data: values.data, say: console.log })) ? 0 : 1);
}
const { convolution } = values;
const [directory] = positionals;
if (directory === undefined || positionals.length > 1 || (convolution !== "direct" && convolution !== "winograd")) {
  console.error(`expected: ${USAGE}`);
  process.exit(2);
}
if (!existsSync(directory)) {
  console.error(`expected a directory with ops/*.safetensors and models/*.json, got ${directory}, which is none`);
  process.exit(2);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const options = {
  engine: values.reference ? ({ reference: "float32" } as const) : ({ convolution } as const),
  ...(values.data === undefined ? {} : { data: values.data }),
  ...(values.only === undefined ? {} : { only: values.only }),
};
for (const goldenCase of goldenCases(directory, options)) {
  const result = await goldenCase.run();
  counts[result.status] += 1;
  console.log(line(result));
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;

function line(result: CaseResult): string {
  if (result.status === "skipped") return `skipped ${result.name}: ${result.reason}`;
  if (result.status === "passed") return `passed  ${result.name}: error ${comparisonText(worst(result.comparisons))}`;
  return `FAILED  ${result.name}: error ${result.comparisons.filter(failed).map(comparisonText).join("; ")}`;
}

function worst(comparisons: readonly Comparison[]): Comparison {
  return comparisons.reduce((a, b) => (b.error / (b.bound || 1) > a.error / (a.bound || 1) ? b : a));
}

function comparisonText({ what, error, bound }: Comparison): string {
  return `${error.toExponential(1)} of at most ${bound.toExponential(1)} (${what})`;
}
