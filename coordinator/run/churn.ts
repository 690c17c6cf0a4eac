import { setTimeout as delay } from "node:timers/promises";
import type { StartedPeers } from "./peers.ts";

export interface ChurnOptions {
  readonly peers: StartedPeers;
  readonly seed: number;
  /** There are never more peers than this. */
  readonly most: number;
  /** Members of the run, and rounds committed, now. */
  readonly members: () => number;
  readonly committed: () => number;
  readonly signal: AbortSignal;
}

/** Between two disturbances lie so many rounds, at most. */
const MOST_ROUNDS_BETWEEN = 20;
const LOOK_EVERY_MS = 10;

/** Kills and starts peers at rounds that the seed decides, until it is told to stop. One member always stays: it holds the state. */
export async function churn({ peers, seed, most, members, committed, signal }: ChurnOptions): Promise<{ killed: number; joined: number }> {
  let word = seed >>> 0;
  const random = () => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return word / 2 ** 32;
  };
  let [killed, joined] = [0, 0];
  let next = 1 + Math.floor(random() * MOST_ROUNDS_BETWEEN);
  while (!signal.aborted) {
    await delay(LOOK_EVERY_MS);
    if (committed() < next) continue;
    next = committed() + 1 + Math.floor(random() * MOST_ROUNDS_BETWEEN);
    if (random() < 0.5 && members() > 1 && peers.count > 1) {
      await peers.kill(random());
      killed++;
    } else if (peers.count < most) {
      await peers.start();
      joined++;
    }
  }
  return { killed, joined };
}
