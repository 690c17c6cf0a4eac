import type { OptimizerSettings } from "../protocol/optimizer.ts";
import { OPTIMIZERS } from "./defaults.ts";
import { listOf } from "./parse.ts";
import { UserError } from "./userError.ts";

/** What the command line may say about an optimiser, under the names of its settings. */
export interface OptimizerOptions {
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly decay?: number;
  readonly learningRateDecay?: number;
  readonly iterations?: number;
  readonly renormalize?: boolean;
  readonly sgdRate?: number;
}

const FLAGS: { readonly [Name in keyof Required<OptimizerOptions>]: string } = {
  momentum: "--momentum",
  nesterov: "--no-nesterov",
  weightDecay: "--weight-decay",
  beta1: "--beta1",
  beta2: "--beta2",
  epsilon: "--epsilon",
  decay: "--decay",
  learningRateDecay: "--learning-rate-decay",
  iterations: "--iterations",
  renormalize: "--no-renormalize",
  sgdRate: "--sgd-rate",
};

const NAMES = Object.keys(FLAGS) as readonly (keyof OptimizerOptions)[];

/** The optimiser's defaults with what was given in their place; a setting that it does not have is refused. */
export function optimizerSettings(name: OptimizerSettings["name"], options: OptimizerOptions): OptimizerSettings {
  const defaults: Readonly<Record<string, unknown>> = OPTIMIZERS[name];
  // Commander sets those that begin with --no- to true when they are not given.
  const given = NAMES.filter((option) => options[option] !== undefined && options[option] !== true);
  const foreign = given.find((option) => !(option in defaults));
  if (foreign !== undefined) {
    const own = NAMES.filter((option) => option in defaults).map((option) => FLAGS[option]);
    throw new UserError(`${FLAGS[foreign]} is no setting of --optimizer ${name}, which has ${listOf(own)}.`, { exitCode: 2 });
  }
  const settings = { ...defaults, ...Object.fromEntries(given.map((option) => [option, options[option]])) } as OptimizerSettings;
  // Nesterov's look-ahead is along the momentum.
  return "nesterov" in settings ? { ...settings, nesterov: settings.nesterov && settings.momentum > 0 } : settings;
}
