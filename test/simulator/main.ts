import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { describe, firstIncidents, type Incident, parseIncidents, runWith, type Tried, tryFrom } from "./exhaustive.ts";
import { faultSets } from "./faults.ts";
import { type Sharing, serve, share } from "./processes.ts";
import { reportScale } from "./scaleReport.ts";
import { nothing, type Portion, portionsOf, runSeeds, sumOf, type Totals } from "./seeds.ts";

const whole = (text: string): number => {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("It is a whole number from 1 up.");
  return Number(text);
};

const oneOrTwo = (text: string): 1 | 2 => {
  if (text !== "1" && text !== "2") throw new InvalidArgumentError("It is 1 or 2.");
  return text === "1" ? 1 : 2;
};

const faultNames = Object.keys(faultSets);
const faultName = (text: string): string => {
  if (!faultNames.includes(text)) throw new InvalidArgumentError(`It is one of ${faultNames.join(", ")}.`);
  return text;
};

const incidents = (text: string): Incident[] => {
  try {
    return parseIncidents(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};

interface Options {
  readonly seeds: number;
  readonly first: number;
  readonly seed?: number;
  readonly peers: number;
  readonly steps: number;
  readonly faults: string;
  readonly jobs: number;
  readonly exhaustive?: 1 | 2;
  readonly stride: number;
  readonly only?: readonly Incident[];
  readonly scale?: true | string;
}

const options = new Command("npm run simulate --")
  .description("Runs the real decisions of coordinator and peers on a virtual clock and network, with faults that a seed decides.")
  .option("--seeds <n>", "how many runs, each with a seed of its own", whole, 300)
  .option("--first <seed>", "the first seed", whole, 1)
  .option("--seed <seed>", "one seed alone, with its events in words", whole)
  .option("--peers <n>", "peers at the beginning", whole, 8)
  .option("--steps <n>", "training steps of each run", whole, 200)
  .option("--faults <name>", `what goes wrong: ${faultNames.join(", ")}`, faultName, "all")
  .option("--jobs <n>", "processes", whole, availableParallelism())
  .option("--exhaustive <faults>", "instead: 3 peers, 2 steps, every fault (1) or also every pair of faults (2) at every event", oneOrTwo)
  .option("--stride <n>", "of pairs, only those whose second fault is at every n-th event", whole, 1)
  .option("--only <faults>", 'of these, one run alone, with its events in words ("kill P1 at 12, join P4 at 30")', incidents)
  .option("--scale [peers]", "instead: what a step of so many peers costs, against the cost model (2,8,32,100,316,1000)")
  .parse()
  .opts<Options>();

/** The same program with the same options, for one portion after another. */
const sharing = { program: fileURLToPath(import.meta.url), settings: process.argv.slice(2), jobs: options.jobs };

/** In this process, or shared among several. */
async function everyPortion<P extends Portion | Incident, R>(
  portions: readonly P[],
  work: (portion: P) => Promise<R>,
  onResult: Sharing<P, R>["onResult"],
): Promise<void> {
  if (options.jobs > 1 && portions.length > 1) await share({ ...sharing, portions, onResult });
  else for (const portion of portions) onResult(await work(portion));
}

const seeds = (portion: Portion): Promise<Totals> => runSeeds(portion, options);

async function reportSeeds(): Promise<boolean> {
  const began = performance.now();
  let totals = nothing;
  const portions = options.seed === undefined ? portionsOf(options.first, options.seeds) : portionsOf(options.seed, 1);
  await everyPortion(portions, seeds, (part) => {
    totals = sumOf(totals, part);
  });
  const { runs, faults, events, virtualMs, failed } = totals;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${runs} runs of ${options.steps} steps, ${options.peers} peers, faults: ${options.faults}: ${faults} faults, ${events} events, ${Math.round(virtualMs / 1000)} virtual seconds in ${seconds} s`,
  );
  console.log(
    failed.length === 0
      ? faultSets[options.faults].liars > 0
        ? "Every liar was found and removed, every mute peer left behind; the honest peers of every run ended with the same bits."
        : "Every run ended with the bits of one undisturbed peer."
      : `${failed.length} failed: seeds ${failed.join(", ")}`,
  );
  return failed.length === 0;
}

const { exhaustive: most = 1 } = options;

const exhaustive = (first: Incident): Promise<Tried> =>
  tryFrom(first, most, options.stride, (happened, error) => {
    console.error(`${describe(happened)}: ${error.message}`);
    console.error(`Run it alone: npm run simulate -- --exhaustive ${most} --only "${describe(happened)}"\n`);
  });

/** How often a long command says how far it is. */
const PROGRESS_MS = 10_000;

async function reportExhaustive(): Promise<boolean> {
  const began = performance.now();
  const firsts = await firstIncidents();
  let [runs, failed, done, told] = [0, 0, 0, began];
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
  await everyPortion(firsts, exhaustive, (tried) => {
    runs += tried.runs;
    failed += tried.failed;
    done++;
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    console.log(`${done} of ${firsts.length} first faults: ${runs} runs, ${failed} failed, ${seconds()}`);
  });
  const what =
    most === 1 ? "every fault" : `every fault and every pair of faults${options.stride > 1 ? `, with stride ${options.stride}` : ""},`;
  console.log(`3 peers, 2 steps, ${what} at every event: ${runs} runs, ${failed} failed, in ${seconds()}`);
  return failed === 0;
}

async function reportOne(happening: readonly Incident[]): Promise<boolean> {
  const { hash, events, reasons } = await runWith(happening);
  console.log(`${reasons.join("\n")}\n${events} events; it ended with ${hash}, as one undisturbed peer does`);
  return true;
}

async function report(): Promise<boolean> {
  if (options.only !== undefined) return reportOne(options.only);
  if (options.exhaustive !== undefined) return reportExhaustive();
  if (options.scale === undefined) return reportSeeds();
  await reportScale(options.scale === true ? [2, 8, 32, 100, 316, 1000] : options.scale.split(",").map(whole));
  return true;
}

if (process.send === undefined) process.exit((await report()) ? 0 : 1);
else if (options.exhaustive === undefined) serve(process.send.bind(process), seeds);
else serve(process.send.bind(process), exhaustive);
