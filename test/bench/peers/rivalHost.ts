import { type ModelDefinition, modelCost } from "../../../engine/index.ts";
import { type SubjectName, subjectDefinition } from "../subjects.ts";
import { chooseMicroBatch } from "./microBatch.ts";
import type { RivalStep } from "./rival.ts";
import { rivals } from "./rivals.ts";
import { largestDifference, ourLosses, startingPoint } from "./startingPoint.ts";

/** A rival that is ready to train, or the reason why it cannot: usually its own words. */
export type RivalPreparation =
  | {
      readonly type: "ready";
      readonly id: number;
      readonly images: number;
      /** The largest difference of its first losses from ours, as a share of our largest. */
      readonly difference: number;
      /** What the last of these first steps took, in milliseconds. */
      readonly stepMs: number;
    }
  | { readonly type: "cannot"; readonly reason: string };

/** Other engines, in this process or in a page. Arguments and results are data. */
export interface RivalHost {
  names(): Promise<readonly string[]>;
  prepare(name: string, model: SubjectName, images: number): Promise<RivalPreparation>;
  /** Trains for about so long and at least one step; images per second. */
  train(id: number, milliseconds: number): Promise<number>;
}

export function createRivalHost(): RivalHost {
  const prepared: { readonly step: RivalStep; readonly images: number }[] = [];
  return {
    names: () => Promise.resolve(rivals.map(({ name }) => name)),
    prepare: async (name, model, wanted) => {
      const rival = rivals.find((candidate) => candidate.name === name);
      if (rival === undefined) throw new Error(`expected one of ${rivals.map((known) => known.name).join(", ")}, got "${name}"`);
      const definition = subjectDefinition(model);
      if (!hasPlainLoss(definition))
        return { type: "cannot", reason: "this bench translates softmax cross-entropy without label smoothing alone" };
      const choice = chooseMicroBatch(rival.speed, modelCost(definition, 1).macs, wanted);
      if (choice.images === 0) return { type: "cannot", reason: choice.reason };
      const point = await startingPoint(definition, choice.images);
      const ours = await ourLosses(point);
      const start = await rival.load();
      try {
        const step = start(point);
        const { difference, stepMs } = await firstSteps(step, ours);
        return { type: "ready", id: prepared.push({ step, images: choice.images }) - 1, images: choice.images, difference, stepMs };
      } catch (error) {
        return { type: "cannot", reason: error instanceof Error ? error.message : String(error) };
      }
    },
    train: async (id, milliseconds) => {
      const found = prepared[id];
      if (found === undefined) throw new Error(`expected one of ${prepared.length} prepared rivals, got ${id}`);
      const start = performance.now();
      let count = 0;
      do {
        await found.step();
        count += 1;
      } while (performance.now() - start < milliseconds);
      return (1000 * count * found.images) / (performance.now() - start);
    },
  };
}

function hasPlainLoss({ loss }: ModelDefinition): boolean {
  return loss.type === "softmaxCrossEntropy" && loss.labelSmoothing === 0;
}

/** Trains as far as our losses are known, and compares. */
async function firstSteps(step: RivalStep, ours: readonly number[]): Promise<{ readonly difference: number; readonly stepMs: number }> {
  const losses: number[] = [];
  let stepMs = 0;
  for (const _ of ours) {
    const start = performance.now();
    losses.push(await step());
    stepMs = performance.now() - start;
  }
  const difference = largestDifference(losses, ours);
  if (difference < LARGEST_DIFFERENCE) return { difference, stepMs };
  throw new Error(`its losses should be ours, ${ours.join(", ")}, and are ${losses.join(", ")}`);
}

const LARGEST_DIFFERENCE = 1e-2; // rounding alone makes 1e-7 to 2e-3 (mobilenet) in so few steps, another step more than this
