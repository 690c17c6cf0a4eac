import { Command, InvalidArgumentError } from "commander";
import { faultSets, noFaults } from "./faults.ts";
import { type Outcome, simulate } from "./simulate.ts";
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

const options = new Command("npm run simulate --")
  .description("Runs the real decisions of coordinator and peers on a virtual clock and network, with faults that a seed decides.")
  .option("--seeds <n>", "how many runs, each with a seed of its own", whole, 300)
  .option("--first <seed>", "the first seed", whole, 1)
  .option("--seed <seed>", "one seed alone, with its events in words", whole)
  .option("--peers <n>", "peers at the beginning", whole, 8)
  .option("--steps <n>", "training steps of each run", whole, 200)
  .option("--faults <name>", `what goes wrong: ${faultNames.join(", ")}`, faultName, "all")
  .parse()
  .opts<{ seeds: number; first: number; seed?: number; peers: number; steps: number; faults: string }>();

const config = simulatedConfig({ steps: options.steps });
const faults = faultSets[options.faults];
const alone = await simulate({ config, seed: 1, peers: 1, faults: noFaults });
const seeds = options.seed === undefined ? Array.from({ length: options.seeds }, (_, i) => options.first + i) : [options.seed];

const began = performance.now();
const failed: number[] = [];
const outcomes: Outcome[] = [];
for (const seed of seeds) {
  try {
    const outcome = await simulate({ config, seed, peers: options.peers, faults });
    if (outcome.hash !== alone.hash) throw new Error(`seed ${seed}: ended with ${outcome.hash}, one undisturbed peer with ${alone.hash}`);
    outcomes.push(outcome);
    if (options.seed !== undefined) console.log(outcome.reasons.join("\n"));
  } catch (error) {
    failed.push(seed);
    console.error((error as Error).message);
    console.error(
      `Run it alone: npm run simulate -- --seed ${seed} --peers ${options.peers} --steps ${options.steps} --faults ${options.faults}\n`,
    );
  }
}
const total = (value: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + value(outcome), 0);
console.log(
  `${seeds.length} runs of ${options.steps} steps, ${options.peers} peers, faults: ${options.faults}: ${total(({ faults: count }) => count)} faults, ` +
    `${total(({ events }) => events)} events, ${Math.round(total(({ virtualMs }) => virtualMs) / 1000)} virtual seconds in ${((performance.now() - began) / 1000).toFixed(1)} s`,
);
console.log(
  failed.length === 0
    ? `Every run ended with the bits of one undisturbed peer: ${alone.hash}`
    : `${failed.length} failed: seeds ${failed.join(", ")}`,
);
process.exit(failed.length === 0 ? 0 : 1);
