import { setTimeout as delay } from "node:timers/promises";
import type { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";

export interface PoissonChurnOptions {
  /** Its first peer stays. */
  readonly peers: HeadlessPeers;
  /** How many come and go at any time, on average. */
  readonly population: number;
  readonly meanLifeMs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface PoissonChurnCounts {
  readonly joined: number;
  readonly killed: number;
  readonly left: number;
  readonly frozen: number;
}

/** Of those who go: how many say so, and how many stop for a while before they are killed; the rest are killed at once. */
const LEAVING_SHARE = 0.2;
const FREEZING_SHARE = 0.2;

/** No more than this many at once, whatever chance says. */
const CROWDING = 1.5;

/** Arrivals at random with a constant rate, lives of exponential length (a Poisson process with `population` peers in the mean). */
export async function poissonChurn({ peers, population, meanLifeMs, seed, signal }: PoissonChurnOptions): Promise<PoissonChurnCounts> {
  let word = seed >>> 0;
  const random = () => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return (word + 0.5) / 2 ** 32;
  };
  const exponential = (mean: number) => -mean * Math.log(random());
  const counts = { joined: 0, killed: 0, left: 0, frozen: 0 };
  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined); // ended early: the loops look at the signal
  const live = async (): Promise<void> => {
    void peers.start();
    const id = peers.processIds.at(-1) as number;
    const send = (name: NodeJS.Signals) => peers.signal(peers.processIds.indexOf(id), name);
    counts.joined++;
    await pause(exponential(meanLifeMs));
    if (signal.aborted) return;
    const chance = random();
    if (chance < LEAVING_SHARE) {
      counts.left++;
      send("SIGTERM");
      return;
    }
    if (chance < LEAVING_SHARE + FREEZING_SHARE) {
      counts.frozen++;
      send("SIGSTOP");
      await pause(exponential(meanLifeMs / 2));
      if (random() < 0.5) send("SIGCONT");
      await pause(exponential(meanLifeMs / 2));
    }
    counts.killed++;
    send("SIGKILL");
  };
  const lives: Promise<void>[] = [];
  while (!signal.aborted) {
    if (peers.count < CROWDING * population) lives.push(live());
    await pause(exponential(meanLifeMs / population));
  }
  await Promise.all(lives);
  return counts;
}
