import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ConvolutionChoice, createEngine, type EngineOptions, isModelName } from "../../engine/index.ts";
import { type CifarRecords, openCifar } from "./cifarRecords.ts";
import { type Comparison, failed } from "./comparison.ts";
import { type ModelBound, type ModelCase, runModelCase } from "./modelCase.ts";
import { readOpCase } from "./opCases.ts";

export type CaseResult =
  | { readonly status: "passed" | "failed"; readonly name: string; readonly comparisons: readonly Comparison[] }
  | { readonly status: "skipped"; readonly name: string; readonly reason: string };

export interface GoldenOptions {
  readonly engine: EngineOptions;
  /** Of CIFAR-10's binary files. */
  readonly data?: string;
  /** Only cases whose name contains this. */
  readonly only?: string;
}

/** A case to run, so that the runner of tests and the command can both say what it is before it runs. */
export interface GoldenCase {
  readonly name: string;
  run(): Promise<CaseResult>;
}

/** Winograd's transforms add numbers of different sizes, which costs a digit, and flips a ReLU here and there. */
const BOUNDS: Readonly<Record<ConvolutionChoice, { readonly opTimes: number; readonly model: ModelBound }>> = {
  direct: { opTimes: 1, model: { times: 4, plus: 1e-4 } },
  winograd: { opTimes: 10, model: { times: 10, plus: 1e-3 } },
};

function boundsOf({ engine }: GoldenOptions) {
  return BOUNDS[engine.reference === undefined ? (engine.convolution ?? "winograd") : "direct"];
}

/** The cases under a directory: ops/*.safetensors, then models/*.json. */
export function goldenCases(directory: string, options: GoldenOptions): readonly GoldenCase[] {
  let records: CifarRecords | undefined;
  const cifar = (): CifarRecords | undefined => (records ??= openCifar(options.data));
  const all = [
    ...filesIn(join(directory, "ops"), ".safetensors").map((file) => opGoldenCase(directory, file, options)),
    ...filesIn(join(directory, "models"), ".json").map((file) => modelGoldenCase(directory, file, options, cifar)),
  ];
  return all.filter(({ name }) => options.only === undefined || name.includes(options.only));
}

function opGoldenCase(directory: string, file: string, options: GoldenOptions): GoldenCase {
  const name = `ops/${file}`;
  return {
    name,
    run: async () => {
      const { op, opCase, runner } = readOpCase(join(directory, name));
      if (runner === undefined) return { status: "skipped", name, reason: `no op "${op}"` };
      const comparisons = await runner(createEngine(options.engine), opCase);
      const { opTimes } = boundsOf(options);
      return judged(
        name,
        comparisons.map((comparison) => ({ ...comparison, bound: opTimes * comparison.bound })),
      );
    },
  };
}

function modelGoldenCase(directory: string, file: string, options: GoldenOptions, cifar: () => CifarRecords | undefined): GoldenCase {
  const name = `models/${file}`;
  return {
    name,
    run: async () => {
      const golden = JSON.parse(readFileSync(join(directory, name), "utf8")) as ModelCase;
      if (!isModelName(golden.model)) return { status: "skipped", name, reason: `no model "${golden.model}"` };
      const records = cifar();
      if (records === undefined) return { status: "skipped", name, reason: "no CIFAR-10 (give --data DIR, or set TABGRAD_SHARED)" };
      return judged(name, await runModelCase(createEngine(options.engine), golden, records, boundsOf(options).model));
    },
  };
}

function judged(name: string, comparisons: readonly Comparison[]): CaseResult {
  return { status: comparisons.some(failed) ? "failed" : "passed", name, comparisons };
}

function filesIn(directory: string, extension: string): readonly string[] {
  return existsSync(directory)
    ? readdirSync(directory)
        .filter((file) => file.endsWith(extension))
        .sort()
    : [];
}
