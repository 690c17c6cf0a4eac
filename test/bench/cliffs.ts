import {
  batchNorm2d,
  conv2d,
  globalMeanPool2d,
  linear,
  type ModelDefinition,
  maxPool2d,
  modelCost,
  relu,
  sequential,
  softmaxCrossEntropy,
} from "../../engine/index.ts";
import type { BenchHost } from "./host.ts";
import type { BenchOptions } from "./options.ts";
import { measureInTurns } from "./runner.ts";
import { type SubjectName, subjectDefinition } from "./subjects.ts";
import type { TrainingSubject } from "./trainingStep.ts";

/** One step under an unusual condition, beside the ordinary one. */
export interface CliffRow {
  readonly name: string;
  /** In the best window. */
  readonly millisecondsAnImage: number;
  /** That over the ordinary step's: what is left of it when the machine is busy. */
  readonly bestRatio: number;
  /** How many times the ordinary step's time an image takes: the median over the rounds. */
  readonly ratio: number;
  /** The same of the best windows for one multiplication of the definition. */
  readonly ratioAMultiplication: number;
}

export interface CliffTable {
  readonly name: string;
  readonly rows: readonly CliffRow[];
}

interface Variant {
  readonly name: string;
  readonly model: SubjectName | ModelDefinition;
  readonly images?: number;
  readonly imageFactor?: number;
  readonly parameterFactor?: number;
}

/** 2^-130 and less: denormal. 2^-50: just above what is flushed. */
const DENORMAL = 2 ** -130;
const SMALL = 2 ** -50;

/** What is measured of a model: its numbers, and the last micro-batch of a shard. */
export function variantsOf(model: SubjectName, images: number): readonly Variant[] {
  const part = (count: number): Variant => ({ name: `${count} of ${images} images`, model, images: count });
  return [
    { name: "ordinary", model },
    { name: "denormal images", model, imageFactor: DENORMAL },
    { name: "denormal parameters", model, parameterFactor: DENORMAL },
    { name: "both denormal", model, imageFactor: DENORMAL, parameterFactor: DENORMAL },
    { name: "images times 2^-50", model, imageFactor: SMALL },
    { name: "parameters times 2^-50", model, parameterFactor: SMALL },
    ...[...new Set([1, 7, images - 1])].filter((count) => count >= 1 && count < images).map(part),
  ];
}

/** Shapes that vectors of four do not divide, in two convolutions with batch norm. */
export function shapeVariants(): readonly Variant[] {
  const at = (name: string, channels: number, side: number): Variant => ({ name, model: twoConvolutions(channels, side) });
  return [
    at("32 channels, 32×32", 32, 32),
    at("31 channels", 31, 32),
    at("33 channels", 33, 32),
    at("34 channels", 34, 32),
    at("36 channels", 36, 32),
    at("31×31", 32, 31),
    at("30×30", 32, 30),
    at("33×33", 32, 33),
  ];
}

function twoConvolutions(channels: number, side: number): ModelDefinition {
  const convolution = sequential(conv2d(channels, 3, { padding: 1, bias: false }), batchNorm2d(), relu);
  return {
    input: { height: side, width: side, channels: 3 },
    layers: sequential(convolution, convolution, maxPool2d(2), convolution, globalMeanPool2d, linear(10)),
    loss: softmaxCrossEntropy(),
  };
}

export async function measureCliffs(host: BenchHost, options: BenchOptions, report: (table: CliffTable) => void): Promise<CliffTable[]> {
  const tables: CliffTable[] = [];
  for (const numerics of options.numerics) {
    const engine = { numerics, convolution: options.convolution };
    const all = [...options.models.map((model) => ({ name: model as string, variants: variantsOf(model, options.images) }))];
    for (const { name, variants } of [...all, { name: "two convolutions", variants: shapeVariants() }]) {
      const table = { name: `${name}, ${numerics}`, rows: await measureVariants(host, options, engine, variants) };
      tables.push(table);
      report(table);
    }
  }
  return tables;
}

async function measureVariants(
  host: BenchHost,
  { images, rounds, windowMs }: BenchOptions,
  engine: TrainingSubject["engine"],
  variants: readonly Variant[],
): Promise<readonly CliffRow[]> {
  const runners = [];
  for (const { name, model, images: count = images, imageFactor = 1, parameterFactor = 1 } of variants) {
    const condition = { imageFactor, parameterFactor, microBatch: images };
    const { id } = await host.prepare({ model, images: count, engine, condition });
    runners.push({ name, window: (milliseconds: number) => host.train(id, milliseconds) });
  }
  const macs = variants.map(({ model }) => modelCost(subjectDefinition(model), 1).macs);
  const speeds = await measureInTurns(runners, rounds, windowMs);
  return speeds.map(({ name, best, ratio }, i) => ({
    name,
    millisecondsAnImage: 1000 / best,
    bestRatio: speeds[0].best / best,
    ratio: 1 / ratio,
    ratioAMultiplication: ((macs[0] / macs[i]) * speeds[0].best) / best,
  }));
}
