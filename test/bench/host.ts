import { median } from "../../coordinator/protocol/median.ts";
import type { ConvolutionChoice, Numerics } from "../../engine/index.ts";
import { type KernelSpeeds, kernelSpeeds } from "./kernelSpeeds.ts";
import type { ProfileRow } from "./profile.ts";
import { createTrainingStep, prepareReplica, type TrainingStep, type TrainingSubject } from "./trainingStep.ts";

/** What it takes until a model's kernels can run. */
export interface Preparation {
  readonly preparationMs: number;
  readonly moduleBytes: number;
}

/** A JavaScript engine that measures: this process, or a page. Arguments and results are data. */
export interface BenchHost {
  prepare(subject: TrainingSubject): Promise<Preparation & { readonly id: number }>;
  /** The median of so many preparations, each of kernels that this JavaScript engine has not compiled before. */
  ready(subject: TrainingSubject, runs: number): Promise<Preparation>;
  /** Trains for about so long and at least one step; images per second. */
  train(id: number, milliseconds: number): Promise<number>;
  /** Where the time of `steps` steps goes. */
  profile(subject: TrainingSubject, steps: number): Promise<readonly ProfileRow[]>;
  kernels(numerics: Numerics, convolution: ConvolutionChoice, images: number): Promise<KernelSpeeds>;
}

export function createHost(): BenchHost {
  const steps: TrainingStep[] = [];
  const images: number[] = [];
  return {
    prepare: async (subject) => {
      const step = await createTrainingStep(subject);
      images.push(subject.images);
      return { id: steps.push(step) - 1, preparationMs: step.preparationMs, moduleBytes: step.moduleBytes };
    },
    ready: async (subject, runs) => {
      const times: number[] = [];
      let bytes = 0;
      for (let run = 0; run < runs; run++) {
        const { preparationMs, moduleBytes } = await prepareReplica(subject);
        times.push(preparationMs);
        bytes = moduleBytes;
      }
      return { preparationMs: median(times), moduleBytes: bytes };
    },
    train: async (id, milliseconds) => {
      const [step, batch] = [steps[id], images[id]];
      if (step === undefined || batch === undefined) throw new Error(`expected one of ${steps.length} prepared models, got ${id}`);
      const start = performance.now();
      let count = 0;
      do {
        step.run();
        count += 1;
      } while (performance.now() - start < milliseconds);
      return (1000 * count * batch) / (performance.now() - start);
    },
    profile: async (subject, count) => {
      const step = await createTrainingStep(subject, true);
      for (let i = 0; i < WARM_UP_STEPS; i++) step.run();
      step.profile?.take();
      for (let i = 0; i < count; i++) step.run();
      return (step.profile?.take() ?? []).map((row) => ({ ...row, calls: row.calls / count, milliseconds: row.milliseconds / count }));
    },
    kernels: kernelSpeeds,
  };
}

const WARM_UP_STEPS = 4; // until the optimising compiler is done
