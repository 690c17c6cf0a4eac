import { parseArgs } from "node:util";
import { type ConvolutionChoice, modelNames, type Numerics } from "../../engine/index.ts";
import { isSubjectName, type SubjectName } from "./subjects.ts";

export const USAGE = `npm run bench -- [--browser] [--peers] [--models NAMES] [--numerics plain,fused] [--convolution winograd|direct]
                [--images 32] [--rounds 9] [--window MILLISECONDS] [--kernels] [--profile] [--json FILE] [--compare FILE]
       npm run bench -- --cliffs | --ready | --threads 1,2 [--batch 256]   (with --browser, --models NAMES or all, --numerics, --rounds, --window)`;

export interface BenchOptions {
  /** Measure in Chromium instead of Node. */
  readonly browser: boolean;
  /** Measure other engines in the same run. */
  readonly peers: boolean;
  readonly models: readonly SubjectName[];
  readonly numerics: readonly Numerics[];
  readonly convolution: ConvolutionChoice;
  readonly images: number;
  readonly rounds: number;
  readonly windowMs: number;
  readonly kernels: boolean;
  readonly profile: boolean;
  /** In place of the usual tables: what unusual numbers and shapes cost. */
  readonly cliffs: boolean;
  /** In place of the usual tables: how long each model takes until its kernels can run. */
  readonly ready: boolean;
  /** In place of the usual tables: a tab's pool with so many compute workers. */
  readonly threads: readonly number[];
  /** Images of a step, with `threads`. */
  readonly batch: number;
  readonly json: string | undefined;
  readonly compare: string | undefined;
}

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      browser: { type: "boolean", default: false },
      peers: { type: "boolean", default: false },
      models: { type: "string", default: "resnet20,vgg_small,lenet5,mobilenet,densenet_bc_40_12,googlenet,fast" },
      numerics: { type: "string", default: "plain,fused" },
      convolution: { type: "string", default: "winograd" },
      images: { type: "string", default: "32" },
      rounds: { type: "string", default: "9" },
      window: { type: "string", default: "400" },
      kernels: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      cliffs: { type: "boolean", default: false },
      ready: { type: "boolean", default: false },
      threads: { type: "string", default: "" },
      batch: { type: "string", default: "256" },
      json: { type: "string" },
      compare: { type: "string" },
    },
  });
  const { browser, peers, kernels, profile, cliffs, ready, json, compare } = values;
  return {
    ...{ browser, peers, kernels, profile, cliffs, ready, json, compare },
    models: values.models === "all" ? modelNames : values.models.split(",").map(modelName),
    numerics: values.numerics.split(",").map((word) => oneOf(word, ["plain", "fused"], "--numerics")),
    convolution: oneOf(values.convolution, ["winograd", "direct"], "--convolution"),
    threads: values.threads === "" ? [] : values.threads.split(",").map((word) => positive(word, "--threads")),
    batch: positive(values.batch, "--batch"),
    images: positive(values.images, "--images"),
    rounds: positive(values.rounds, "--rounds"),
    windowMs: positive(values.window, "--window"),
  };
}

function modelName(word: string): SubjectName {
  if (!isSubjectName(word)) throw new Error(`expected the name of a model or vgg_small in --models, got "${word}"`);
  return word;
}

function oneOf<const T extends string>(word: string, allowed: readonly T[], option: string): T {
  const found = allowed.find((candidate) => candidate === word);
  if (found === undefined) throw new Error(`expected ${option} to be one of ${allowed.join(", ")}, got "${word}"`);
  return found;
}

function positive(word: string, option: string): number {
  const value = Number(word);
  if (!(Number.isInteger(value) && value > 0)) throw new Error(`expected a whole number above 0 for ${option}, got "${word}"`);
  return value;
}
