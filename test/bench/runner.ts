import { median } from "./median.ts";

/** Something that trains: an engine with a prepared model. */
export interface Runner {
  readonly name: string;
  /** Trains for about so many milliseconds; images per second. */
  window(milliseconds: number): Promise<number>;
}

export interface RunnerSpeed {
  readonly name: string;
  /** Images per second. */
  readonly median: number;
  readonly best: number;
  /** The median over the rounds of this window's speed divided by the first runner's of the same round. */
  readonly ratio: number;
}

/**
 * Takes turns: a window each, round by round, so that what disturbs the machine disturbs all of them. The order turns around with every
 * round, so that nobody always runs after the same neighbour.
 */
export async function measureInTurns(runners: readonly Runner[], rounds: number, windowMs: number): Promise<readonly RunnerSpeed[]> {
  for (const runner of runners) await runner.window(windowMs); // warms the optimising compilers up
  const speeds = runners.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const order = runners.map((_, i) => i);
    if (round % 2 === 1) order.reverse();
    for (const i of order) speeds[i].push(await runners[i].window(windowMs));
  }
  return runners.map(({ name }, i) => ({
    name,
    median: median(speeds[i]),
    best: Math.max(...speeds[i]),
    ratio: median(speeds[i].map((speed, round) => speed / speeds[0][round])),
  }));
}
