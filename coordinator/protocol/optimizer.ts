import * as v from "valibot";

const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** A share that a mean of past values keeps: with 1 nothing new would ever come in. */
const decay = v.pipe(v.number(), v.minValue(0), v.ltValue(1));
/** Keeps a division finite: as an f32 it must not be 0. */
const epsilon = v.pipe(v.number(), v.minValue(1e-30), v.maxValue(1));

const adamSettings = { beta1: decay, beta2: decay, epsilon, weightDecay: fraction };

/** An optimiser with all its settings; what they do to a parameter is in engine/optimizers. */
export const optimizerSchema = v.variant("name", [
  v.object({ name: v.literal("sgd"), momentum: fraction, nesterov: v.boolean(), weightDecay: fraction }),
  v.object({ name: v.literal("adam"), ...adamSettings }),
  v.object({ name: v.literal("adamw"), ...adamSettings }),
  v.object({ name: v.literal("rmsprop"), decay, epsilon, weightDecay: fraction, momentum: fraction }),
  v.object({ name: v.literal("adagrad"), learningRateDecay: fraction, epsilon, weightDecay: fraction }),
  v.object({ name: v.literal("adadelta"), decay, epsilon, weightDecay: fraction }),
  v.object({
    name: v.literal("muon"),
    momentum: fraction,
    nesterov: v.boolean(),
    /** Newton-Schulz iterations. */
    iterations: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10)),
    /** Each filter is scaled back to the norm √outChannels before its update. */
    renormalize: v.boolean(),
    /** The learning rate of all that is no filter and no matrix, over that of those that are. */
    sgdRate: v.pipe(v.number(), v.minValue(0), v.maxValue(100_000)),
    weightDecay: fraction,
  }),
]);

/** The optimisers that a run can name; the engine's list is tested to be the same. */
export const OPTIMIZER_NAMES = ["sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta", "muon"] as const;

export type OptimizerSettings = v.InferOutput<typeof optimizerSchema>;
