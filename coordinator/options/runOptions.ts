import { type Command, Option } from "commander";
import { MODEL_NAMES } from "../protocol/modelNames.ts";
import { OPTIMIZER_NAMES } from "../protocol/optimizer.ts";
import { MAX_MICRO_BATCH, MAX_SLOTS, type RunConfig } from "../protocol/runConfig.ts";
import { SCHEDULE_NAMES } from "../protocol/schedule.ts";
import { DEFAULTS, defaultLearningRates } from "./defaults.ts";
import { modelName } from "./modelFile.ts";
import type { OptimizerOptions } from "./optimizerOptions.ts";
import { decimalNumber, listOf, numberList, oneOf, type Parser, wholeNumber } from "./parse.ts";
import type { ScheduleOptions } from "./scheduleOptions.ts";
import { UserError } from "./userError.ts";

/** What the command line says about the training; what it leaves out gets its default in toRunConfig. */
export interface RunOptions extends OptimizerOptions, ScheduleOptions {
  /** One of MODEL_NAMES, or the name of a model of one's own. */
  readonly model?: string;
  readonly batch?: number;
  readonly microBatch?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly optimizer?: RunConfig["optimizer"]["name"];
  readonly lr?: number;
  readonly schedule?: RunConfig["schedule"]["name"];
  readonly clipNorm?: number;
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

type Add = (flags: string, description: string, standard: string | number, parse: (option: string) => Parser<unknown>) => void;

const whole = (least: number, most: number, example: number) => (option: string) => wholeNumber(option, { least, most, example });
const decimal = (least: number, most: number, example: number) => (option: string) => decimalNumber(option, { least, most, example });
const name = (names: readonly string[]) => (option: string) => oneOf(option, names);

/** Adds the options that describe a training run; `command.opts()` is then a RunOptions. */
export function addRunOptions(command: Command): Command {
  const add: Add = (flags, description, standard, parse) => {
    const option = new Option(flags, `${description} (default: ${standard})`)
      .argParser(parse(flags.split(" ")[0] as string))
      .helpGroup(GROUP);
    command.addOption(option);
  };
  const without = (flag: string, description: string) => command.addOption(new Option(flag, description).helpGroup(GROUP));
  addSizes(add);
  addOptimizer(add);
  without("--no-nesterov", "sgd, muon: plain momentum, without Nesterov's look-ahead");
  without("--no-renormalize", "muon: do not scale filters back to their first norm");
  addSchedule(add);
  addArithmetic(add);
  return without("--no-evaluate", "do not classify the test images after each epoch");
}

/** For commands whose run is given already: options that would describe another one are named, and refused. */
export function refuseRunOptions(command: Command, why: string): void {
  const given = command.options.filter(
    (option) => option.helpGroupHeading === GROUP && command.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (given.length === 0) return;
  const flags = given.map(({ long }) => long).join(", ");
  throw new UserError(`${why}: leave out ${flags}, or begin a run of your own without --resume.`, { exitCode: 2 });
}

function addSizes(add: Add): void {
  const models = `${listOf(MODEL_NAMES)}; or the file of your own, as ./my-model.ts`;
  add("--model <name>", models, DEFAULTS.model, () => modelName);
  const mostImages = MAX_SLOTS * MAX_MICRO_BATCH;
  add("--batch <images>", "images in one step, of all tabs together", DEFAULTS.batch, whole(1, mostImages, DEFAULTS.batch));
  const microBatch = `images in one slot, the unit that tabs are given; at most ${MAX_MICRO_BATCH}`;
  add("--micro-batch <images>", microBatch, DEFAULTS.microBatch, whole(1, MAX_MICRO_BATCH, DEFAULTS.microBatch));
  add("--epochs <n>", "passes over the training images", DEFAULTS.epochs, whole(1, 100_000, DEFAULTS.epochs));
  add("--steps <n>", "training steps, in place of --epochs", "those of --epochs", whole(1, 100_000_000, 1000));
}

function addOptimizer(add: Add): void {
  add("--optimizer <name>", listOf(OPTIMIZER_NAMES), DEFAULTS.optimizer, name(OPTIMIZER_NAMES));
  const rates = `for sgd in proportion to the batch, for ${DEFAULTS.batch}: ${defaultLearningRates()}; for other optimisers PyTorch's`;
  add("--lr <rate>", "learning rate, at its peak", rates, decimal(0, 1000, 0.1));
  add("--momentum <m>", "sgd, rmsprop, muon: momentum, 0 to 1", "0.9, 0, 0.6", decimal(0, 1, 0.9));
  add("--weight-decay <d>", "weight decay, 0 to 1", "0.0005 for sgd, 0.01 for adamw, else 0", decimal(0, 1, 5e-4));
  add("--beta1 <b>", "adam, adamw: what the mean of gradients keeps", 0.9, decimal(0, 0.999999, 0.9));
  add("--beta2 <b>", "adam, adamw: what the mean of squares keeps", 0.999, decimal(0, 0.999999, 0.999));
  add("--decay <d>", "rmsprop, adadelta: what the mean of squares keeps", "0.99, 0.9", decimal(0, 0.999999, 0.99));
  add("--epsilon <e>", "adam, adamw, rmsprop, adagrad, adadelta: keeps divisions finite", "PyTorch's", decimal(1e-30, 1, 1e-8));
  add("--learning-rate-decay <d>", "adagrad: the rate is divided by 1 + step · d", 0, decimal(0, 1, 0.001));
  add("--iterations <n>", "muon: Newton-Schulz iterations, 1 to 10", 3, whole(1, 10, 3));
  add("--sgd-rate <r>", "muon: learning rate of biases, norms and the last layer, over --lr", 1, decimal(0, 100_000, 1));
  add("--clip-norm <n>", "largest norm of the whole gradient", "none", decimal(1e-9, 1e9, 1));
}

function addSchedule(add: Add): void {
  add("--schedule <name>", `course of the learning rate: ${listOf(SCHEDULE_NAMES)}`, DEFAULTS.schedule, name(SCHEDULE_NAMES));
  add("--warm-up <share>", "share of the steps in which the rate rises", `${DEFAULTS.warmUp} for one-cycle, else 0`, decimal(0, 1, 0.1));
  add("--milestones <list>", "step: shares of the run at which the rate falls", "0.5,0.75", (option) => numberList(option));
  add("--factor <f>", "step: what the rate is multiplied by there", 0.1, decimal(0, 1, 0.1));
  add("--final <share>", "cosine, linear: the last rate over the highest", 0, decimal(0, 1, 0.01));
}

function addArithmetic(add: Add): void {
  add("--label-smoothing <s>", "share of the target that all classes get alike, 0 to 1", DEFAULTS.labelSmoothing, decimal(0, 1, 0.1));
  const seed = "decides initial parameters, order and augmentation; 0 to 4294967295";
  add("--seed <n>", seed, DEFAULTS.seed, whole(0, 0xffffffff, DEFAULTS.seed));
  const bits = "bits of the largest gradient element in the exact sum, 8 to 22; fewer send less";
  add("--gradient-bits <n>", bits, DEFAULTS.gradientBits, whole(8, 22, DEFAULTS.gradientBits));
  add("--numerics <class>", `${listOf(NUMERICS)}: fused multiply-add is faster, where every tab has it`, DEFAULTS.numerics, name(NUMERICS));
  add("--convolution <algorithm>", `${listOf(CONVOLUTIONS)} for 3×3 and wide 1×1 layers`, DEFAULTS.convolution, name(CONVOLUTIONS));
}
