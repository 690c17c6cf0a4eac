import { median } from "../../coordinator/protocol/median.ts";

/** Something that trains: an engine with a prepared model. */
export interface Runner {
  readonly name: string;
  /** Trains for about so many milliseconds and at least one step; images per second. */
  window(milliseconds: number): Promise<number>;
  /** What a step takes, in milliseconds, of one that has trained and is warm; the others are warmed up first. */
  readonly stepMs?: number;
  /** Ours, with which others are compared: the last one counts. */
  readonly own?: boolean;
}

export interface RunnerSpeed {
  readonly name: string;
  /** Images per second. */
  readonly median: number;
  readonly best: number;
  /** The median over the rounds of this window's speed divided by the first runner's of the same round. */
  readonly ratio: number;
  /** How many times as fast the last of ours is: the median over the rounds. */
  readonly lead: number;
  /** In how many rounds it took part. */
  readonly rounds: number;
}

const SLOW_SHARE = 5; // a slow runner may take as long as so many others
const FEWEST_ROUNDS = 2;

/** How many rounds a runner takes part in: all of them, or as many as it has time for if its step is longer than a window. */
export function roundsOf(rounds: number, windowMs: number, stepMs: number): number {
  const affordable = Math.floor((SLOW_SHARE * rounds * windowMs) / Math.max(stepMs, windowMs));
  return Math.min(rounds, Math.max(affordable, FEWEST_ROUNDS));
}

/**
 * Takes turns: a window each, round by round, so that what disturbs the machine disturbs all of them. The order turns around with every
 * round, so that nobody always runs after the same neighbour. A slow runner takes part in fewer rounds, spread over all of them.
 */
export async function measureInTurns(runners: readonly Runner[], rounds: number, windowMs: number): Promise<readonly RunnerSpeed[]> {
  const parts: number[] = [];
  for (const { window, stepMs } of runners) {
    const start = performance.now();
    if (stepMs === undefined) await window(windowMs); // warms the optimising compilers up
    parts.push(roundsOf(rounds, windowMs, stepMs ?? performance.now() - start - windowMs));
  }
  const speeds = runners.map((): number[] => []); // [runner][round], with holes
  for (let round = 0; round < rounds; round++) {
    const order = runners.map((_, i) => i).filter((i) => takesPart(parts[i], round, rounds));
    if (round % 2 === 1) order.reverse();
    for (const i of order) speeds[i][round] = await runners[i].window(windowMs);
  }
  const own = runners.findLastIndex((runner) => runner.own === true);
  return runners.map(({ name }, i) => ({
    name,
    median: median(values(speeds[i])),
    best: Math.max(...values(speeds[i])),
    ratio: median(ratios(speeds[i], speeds[0])),
    lead: median(ratios(speeds[Math.max(own, 0)], speeds[i])),
    rounds: parts[i],
  }));
}

function takesPart(part: number, round: number, rounds: number): boolean {
  return Math.floor(((round + 1) * part) / rounds) > Math.floor((round * part) / rounds);
}

/** Of the rounds in which both took part. */
function ratios(some: readonly number[], others: readonly number[]): readonly number[] {
  return values(some.map((speed, round) => speed / others[round])).filter((ratio) => !Number.isNaN(ratio));
}

function values(speeds: readonly number[]): readonly number[] {
  return speeds.filter((speed) => speed !== undefined);
}
