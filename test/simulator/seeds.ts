import { faultSets, noFaults } from "./faults.ts";
import { liarsOf, longestRoundMs, type Outcome, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";

export interface SeedOptions {
  readonly peers: number;
  readonly steps: number;
  readonly faults: string;
  /** One seed alone, with its events in words. */
  readonly seed?: number;
}

/** Consecutive seeds. */
export type Portion = readonly [first: number, count: number];

export interface Totals {
  readonly runs: number;
  readonly faults: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly failed: readonly number[];
}

export const nothing: Totals = { runs: 0, faults: 0, events: 0, virtualMs: 0, failed: [] };

export const sumOf = (a: Totals, b: Totals): Totals => ({
  runs: a.runs + b.runs,
  faults: a.faults + b.faults,
  events: a.events + b.events,
  virtualMs: a.virtualMs + b.virtualMs,
  failed: [...a.failed, ...b.failed].sort((x, y) => x - y),
});

/** So many seeds at a time. */
const PORTION = 5;

export const portionsOf = (first: number, count: number): Portion[] =>
  Array.from({ length: Math.ceil(count / PORTION) }, (_, i) => [first + i * PORTION, Math.min(PORTION, count - i * PORTION)]);

let undisturbed: Promise<Outcome> | undefined;

/** Runs of consecutive seeds, in this process. */
export async function runSeeds([first, count]: Portion, options: SeedOptions): Promise<Totals> {
  const config = simulatedConfig({ steps: options.steps });
  undisturbed ??= simulate({ config, seed: 1, peers: 1, faults: noFaults });
  const alone = await undisturbed;
  const totals = { ...nothing, failed: [] as number[] };
  for (let seed = first; seed < first + count; seed++) {
    totals.runs++;
    try {
      const outcome = await simulate({ config, seed, peers: options.peers, faults: faultSets[options.faults] });
      if (faultSets[options.faults].liars > 0) checkLiar(seed, outcome, alone.hash, options);
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
function checkLiar(seed: number, outcome: Outcome, alone: string, options: SeedOptions): void {
  const { drops, refusals, reasons, hash, honest, doneAt } = outcome;
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
