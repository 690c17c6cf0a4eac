import { cosPi } from "../numerics/cosPi.ts";

/** How the learning rate goes with the steps of a run. `learningRate` is its highest value. */
export type Schedule = {
  readonly learningRate: number;
  /** Steps of linear growth before the schedule begins (Goyal et al. 2017, section 2.2). One-cycle has its own. */
  readonly warmupSteps?: number;
} & ScheduleShape;

type ScheduleShape =
  | { readonly type: "constant" }
  /** Times `factor` (0.1) at each milestone, given as a share of the run: [0.5, 0.75] is He et al. 2015. */
  | { readonly type: "step"; readonly milestones: readonly number[]; readonly factor?: number }
  /** Half a cosine down to learningRate · final (0) (Loshchilov and Hutter 2017, without restarts). */
  | { readonly type: "cosine"; readonly final?: number }
  /** A straight line down to learningRate · final (0). */
  | { readonly type: "linear"; readonly final?: number }
  | OneCycle;

/** Half a cosine up from learningRate / initialDivisor, another down to that / finalDivisor (Smith and Topin 2018, as PyTorch has it). */
interface OneCycle {
  readonly type: "oneCycle";
  /** The share of the run in which the rate grows (0.3). */
  readonly growing?: number;
  readonly initialDivisor?: number;
  readonly finalDivisor?: number;
}

/** Their names, in order of increasing complexity. */
export const scheduleNames = ["constant", "step", "linear", "cosine", "oneCycle"] as const satisfies readonly Schedule["type"][];

/** The learning rate of `step` (from 0) of `totalSteps`: the same bits in every JavaScript engine. */
export function learningRateAt(schedule: Schedule, step: number, totalSteps: number): number {
  if (!(step >= 0 && step < totalSteps)) throw new RangeError(`expected a step from 0 to ${totalSteps - 1}, got ${step}`);
  const { learningRate, warmupSteps = 0 } = schedule;
  if (schedule.type === "oneCycle") return oneCycle(schedule, learningRate, step, totalSteps);
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  return learningRate * shapeAt(schedule, (step - warmupSteps) / (totalSteps - warmupSteps), step / totalSteps);
}

/** `progress` counts from the end of the warm-up, `share` from the beginning of the run; both are below 1. */
function shapeAt(schedule: Exclude<ScheduleShape, OneCycle>, progress: number, share: number): number {
  switch (schedule.type) {
    case "constant":
      return 1;
    case "step": {
      const { milestones, factor = 0.1 } = schedule;
      return milestones.filter((milestone) => share >= milestone).reduce((scale) => scale * factor, 1);
    }
    case "cosine":
      return cosineBetween(1, schedule.final ?? 0, progress);
    case "linear":
      return 1 - progress * (1 - (schedule.final ?? 0));
    default:
      throw new Error(`expected a schedule, got ${JSON.stringify(schedule satisfies never)}`);
  }
}

function oneCycle(
  { growing = 0.3, initialDivisor = 25, finalDivisor = 1e4 }: OneCycle,
  learningRate: number,
  step: number,
  totalSteps: number,
): number {
  const initial = learningRate / initialDivisor;
  const top = Math.max(0, growing * totalSteps - 1); // a run too short to grow begins at the top
  if (step < top) return cosineBetween(initial, learningRate, step / top);
  if (step === top) return learningRate;
  return cosineBetween(learningRate, initial / finalDivisor, (step - top) / (totalSteps - 1 - top));
}

function cosineBetween(from: number, to: number, progress: number): number {
  return to + ((from - to) / 2) * (1 + cosPi(progress));
}
