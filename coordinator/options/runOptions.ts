import { type Command, Option } from "commander";
import { MAX_MICRO_BATCH, MAX_SLOTS, MODEL_NAMES, OPTIMIZER_NAMES, type RunConfig, SCHEDULE_NAMES } from "../protocol/runConfig.ts";
import { DEFAULTS, defaultLearningRates } from "./defaults.ts";
import { decimalNumber, listOf, oneOf, type Parser, wholeNumber } from "./parse.ts";

/** What the command line says about the training; what it leaves out gets its default in toRunConfig. */
export interface RunOptions {
  readonly model?: RunConfig["model"];
  readonly batch?: number;
  readonly microBatch?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly optimizer?: RunConfig["optimizer"]["name"];
  readonly lr?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly schedule?: RunConfig["schedule"]["name"];
  readonly labelSmoothing?: number;
  readonly seed?: number;
  readonly evaluate?: boolean;
  readonly gradientBits?: number;
  readonly numerics?: RunConfig["numerics"];
  readonly convolution?: RunConfig["convolution"];
}

const GROUP = "Training (tabs that join get all this from the coordinator):";
const NUMERICS = ["plain", "fused"] as const;
const CONVOLUTIONS = ["direct", "winograd"] as const;

/** Adds the options that describe a training run; `command.opts()` is then a RunOptions. */
export function addRunOptions(command: Command): Command {
  const add = (flags: string, description: string, standard: string | number, parse: (option: string) => Parser<unknown>) => {
    const option = new Option(flags, `${description} (default: ${standard})`)
      .argParser(parse(flags.split(" ")[0] as string))
      .helpGroup(GROUP);
    command.addOption(option);
  };
  const whole = (least: number, most: number, example: number) => (option: string) => wholeNumber(option, { least, most, example });
  const decimal = (least: number, most: number, example: number) => (option: string) => decimalNumber(option, { least, most, example });
  const name = (names: readonly string[]) => (option: string) => oneOf(option, names);

  add("--model <name>", `${listOf(MODEL_NAMES)}`, DEFAULTS.model, name(MODEL_NAMES));
  add(
    "--batch <images>",
    "images in one step, of all tabs together",
    DEFAULTS.batch,
    whole(1, MAX_SLOTS * MAX_MICRO_BATCH, DEFAULTS.batch),
  );
  add(
    "--micro-batch <images>",
    `images in one slot, the unit that tabs are given; at most ${MAX_MICRO_BATCH}`,
    DEFAULTS.microBatch,
    whole(1, MAX_MICRO_BATCH, DEFAULTS.microBatch),
  );
  add("--epochs <n>", "passes over the training images", DEFAULTS.epochs, whole(1, 100_000, DEFAULTS.epochs));
  add("--steps <n>", "training steps, in place of --epochs", "those of --epochs", whole(1, 100_000_000, 1000));
  add("--optimizer <name>", `${listOf(OPTIMIZER_NAMES)}, with Nesterov momentum`, DEFAULTS.optimizer, name(OPTIMIZER_NAMES));
  add(
    "--lr <rate>",
    "learning rate, at its peak",
    `in proportion to the batch; for ${DEFAULTS.batch}: ${defaultLearningRates()}`,
    decimal(0, 1000, 0.1),
  );
  add("--momentum <m>", "momentum, 0 to 1", DEFAULTS.momentum, decimal(0, 1, DEFAULTS.momentum));
  add("--weight-decay <d>", "weight decay (L2), 0 to 1", DEFAULTS.weightDecay, decimal(0, 1, DEFAULTS.weightDecay));
  add("--schedule <name>", `course of the learning rate: ${listOf(SCHEDULE_NAMES)}`, DEFAULTS.schedule, name(SCHEDULE_NAMES));
  add("--label-smoothing <s>", "share of the target that all classes get alike, 0 to 1", DEFAULTS.labelSmoothing, decimal(0, 1, 0.1));
  add(
    "--seed <n>",
    "decides initial parameters, order and augmentation; 0 to 4294967295",
    DEFAULTS.seed,
    whole(0, 0xffffffff, DEFAULTS.seed),
  );
  add(
    "--gradient-bits <n>",
    "bits of the largest gradient element in the exact sum, 8 to 22; fewer send less",
    DEFAULTS.gradientBits,
    whole(8, 22, DEFAULTS.gradientBits),
  );
  add("--numerics <class>", `${listOf(NUMERICS)}: fused multiply-add is faster, where every tab has it`, DEFAULTS.numerics, name(NUMERICS));
  add("--convolution <algorithm>", `${listOf(CONVOLUTIONS)} for 3×3 layers`, DEFAULTS.convolution, name(CONVOLUTIONS));
  return command.addOption(new Option("--no-evaluate", "do not classify the test images after each epoch").helpGroup(GROUP));
}
