import * as v from "valibot";

const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const common = {
  /** The highest rate. */
  learningRate: v.pipe(v.number(), v.minValue(0), v.maxValue(1000)),
  /** Share of the steps in which the rate rises: a straight line, or half a cosine of a one-cycle schedule. */
  warmUp: fraction,
};

/** How the learning rate goes with the steps of a run. */
export const scheduleSchema = v.variant("name", [
  v.object({ name: v.literal("constant"), ...common }),
  v.object({
    name: v.literal("step"),
    ...common,
    /** Shares of the run at which the rate is multiplied by `factor`. */
    milestones: v.pipe(v.array(fraction), v.maxLength(32)),
    factor: fraction,
  }),
  /** `final`: the last rate over the highest. */
  v.object({ name: v.literal("cosine"), ...common, final: fraction }),
  v.object({ name: v.literal("one-cycle"), ...common }),
  v.object({ name: v.literal("linear"), ...common, final: fraction }),
]);

/** The learning-rate schedules that a run can name; the engine's list is tested to be the same. */
export const SCHEDULE_NAMES = ["constant", "step", "cosine", "one-cycle", "linear"] as const;

export type ScheduleSettings = v.InferOutput<typeof scheduleSchema>;
