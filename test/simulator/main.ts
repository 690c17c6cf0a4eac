import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { exhaustive } from "./exhaustive.ts";
import { faultSets, noFaults } from "./faults.ts";
import { reportScale } from "./scaleReport.ts";
import { liarsOf, longestRoundMs, type Outcome, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";

const whole = (text: string): number => {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("It is a whole number from 1 up.");
  return Number(text);
};

const faultNames = Object.keys(faultSets);
const faultName = (text: string): string => {
  if (!faultNames.includes(text)) throw new InvalidArgumentError(`It is one of ${faultNames.join(", ")}.`);
  return text;
};

interface Options {
  readonly seeds: number;
  readonly first: number;
  readonly seed?: number;
  readonly peers: number;
  readonly steps: number;
  readonly faults: string;
  readonly jobs: number;
  readonly exhaustive?: number;
  readonly stride: number;
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
  .option("--exhaustive <faults>", "instead: 3 peers, 2 steps, every fault (1) or pair of faults (2) at every event", whole)
  .option("--stride <n>", "of pairs, only those whose second fault is at every n-th event", whole, 1)
  .option("--scale [peers]", "instead: what a step of so many peers costs, against the cost model (2,8,32,100,316,1000)")
  .parse()
  .opts<Options>();

interface Totals {
  readonly runs: number;
  readonly faults: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly failed: readonly number[];
}

let undisturbed: Promise<Outcome> | undefined;

/** Runs of consecutive seeds, in this process. */
async function runSeeds(first: number, count: number): Promise<Totals> {
  const config = simulatedConfig({ steps: options.steps });
  undisturbed ??= simulate({ config, seed: 1, peers: 1, faults: noFaults });
  const alone = await undisturbed;
  const totals = { runs: 0, faults: 0, events: 0, virtualMs: 0, failed: [] as number[] };
  for (let seed = first; seed < first + count; seed++) {
    totals.runs++;
    try {
      const outcome = await simulate({ config, seed, peers: options.peers, faults: faultSets[options.faults] });
      if (faultSets[options.faults].liars > 0) checkLiar(seed, outcome, alone.hash);
      else if (outcome.hash !== alone.hash)
        throw new Error(`seed ${seed}: ended with ${outcome.hash}, one undisturbed peer with ${alone.hash}`);
      totals.faults += outcome.faults;
      totals.events += outcome.events;
      totals.virtualMs += outcome.virtualMs;
      if (options.seed !== undefined) console.log(outcome.reasons.join("\n"));
    } catch (error) {
      totals.failed.push(seed);
      console.error((error as Error).message);
      console.error(
        `Run it alone: npm run simulate -- --seed ${seed} --peers ${options.peers} --steps ${options.steps} --faults ${options.faults}\n`,
      );
    }
  }
  return totals;
}

/** No round waits longer for a mute peer (LI5). */
const MUTE_ROUND_MS = 9000;

/** A lie enters the sum of its round; what has to hold is that the liar is found and kept out, and that the honest ones agree (the swarm looks at that). */
function checkLiar(seed: number, { drops, refusals, reasons, hash, honest, doneAt }: Outcome, alone: string): void {
  if (options.seed !== undefined) console.log(drops.map(({ name, round, sentence }) => `round ${round}: ${name}: ${sentence}`).join("\n"));
  const [lie] = liarsOf(seed, faultSets[options.faults]);
  if (lie?.mute) {
    const longest = Math.round(longestRoundMs(doneAt));
    if (hash === alone && honest.length === 0 && longest < MUTE_ROUND_MS) return;
    const found = `ended with ${hash} instead of ${alone}, ${honest.length} honest peers had to join again, a round took ${longest} ms`;
    throw new Error(`seed ${seed}, ${lie.name}: ${found}\n${reasons.slice(-40).join("\n")}`);
  }
  if (drops.length < (lie?.onlyAsOwner ? 1 : 2) || (refusals.length === 0 && !lie?.onlyAsOwner))
    throw new Error(
      `seed ${seed}: the liar was dropped ${drops.length} times and refused ${refusals.length} times\n${reasons.slice(-40).join("\n")}`,
    );
}

/** So many seeds at a time: one process may get on better than another. */
const PORTION = 5;

type Portion = readonly [first: number, count: number];

/** The same, shared among processes: whoever has done its portion gets the next one. */
async function share(first: number, count: number, jobs: number): Promise<Totals> {
  const { peers, steps, faults } = options;
  const settings = Object.entries({ peers, steps, faults, jobs: 1 }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const portions = Array.from({ length: Math.ceil(count / PORTION) }, (_, i): Portion => {
    const begin = i * PORTION;
    return [first + begin, Math.min(PORTION, count - begin)];
  });
  const left = portions.values();
  const processes = Array.from({ length: Math.min(jobs, portions.length) }, () => fork(fileURLToPath(import.meta.url), settings));
  const totals = (await Promise.all(processes.map((job) => work(job, left)))).flat();
  const sum = (value: (each: Totals) => number) => totals.reduce((all, part) => all + value(part), 0);
  return {
    runs: sum(({ runs }) => runs),
    faults: sum(({ faults }) => faults),
    events: sum(({ events }) => events),
    virtualMs: sum(({ virtualMs }) => virtualMs),
    failed: totals.flatMap(({ failed }) => failed).sort((a, b) => a - b),
  };
}

/** Gives a process one portion after another, until none is left. */
const work = (job: ChildProcess, portions: Iterator<Portion>): Promise<readonly Totals[]> =>
  new Promise((resolve, reject) => {
    const results: Totals[] = [];
    const give = () => {
      const { value, done } = portions.next();
      if (!done) job.send(value);
      else {
        job.disconnect();
        resolve(results);
      }
    };
    job.on("message", (totals) => {
      results.push(totals as Totals);
      give();
    });
    job.once("exit", (code) => reject(new Error(`a process of the simulation ended with exit code ${code}`)));
    give();
  });

/** One of these processes; it ends with the one that started it. */
function serve(tell: (totals: Totals) => void): void {
  process.on("message", async (portion) => tell(await runSeeds(...(portion as Portion))));
  process.once("disconnect", () => process.exit(0));
}

async function runExhaustive(faults: number): Promise<boolean> {
  const { runs, failed } = await exhaustive(
    simulatedConfig({ steps: 2, evaluate: false }),
    faults === 1 ? 1 : 2,
    options.stride,
    (count) => {
      if (count % 10_000 === 0) console.log(`${count} runs …`);
    },
  );
  for (const failure of failed) console.error(failure);
  console.log(`3 peers, 2 steps, every ${faults === 1 ? "fault" : "pair of faults"} at every event: ${runs} runs, ${failed.length} failed`);
  return failed.length === 0;
}

if (options.exhaustive !== undefined) process.exit((await runExhaustive(options.exhaustive)) ? 0 : 1);

if (options.scale !== undefined) {
  const sizes = options.scale === true ? [2, 8, 32, 100, 316, 1000] : options.scale.split(",").map(whole);
  await reportScale(sizes);
  process.exit(0);
}

if (process.send !== undefined) serve(process.send.bind(process));
else await report();

async function report(): Promise<void> {
  const began = performance.now();
  const [first, count] = options.seed === undefined ? [options.first, options.seeds] : [options.seed, 1];
  const totals = options.jobs > 1 && count > 1 ? await share(first, count, options.jobs) : await runSeeds(first, count);
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
  process.exit(failed.length === 0 ? 0 : 1);
}
