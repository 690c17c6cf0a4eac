import type { Dataset } from "../../coordinator/data/dataset.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import type { Reason } from "../../coordinator/run/membership.ts";
import { type ServedRun, serveRun } from "../../coordinator/run/serveRun.ts";

const LOOK_EVERY_MS = 20;

/** A run without an end in sight, with what was said and committed; it is left when enough was seen. */
export interface Trial {
  readonly run: ServedRun;
  /** What the dashboard showed, in order. */
  readonly said: readonly Reason[];
  /** Of each committed round. */
  readonly hashes: readonly string[];
}

export interface TrialOptions {
  readonly minPeers: number;
  /** The folder of the run directories; the project's own by default. */
  readonly root?: string;
  readonly onCommit?: (committed: number) => void;
}

/** All trials are the same run, as far as bits are concerned. */
export async function serveTrial(dataset: Dataset, { minPeers, root, onCommit }: TrialOptions): Promise<Trial> {
  const [said, hashes]: [Reason[], string[]] = [[], []];
  const run = await serveRun({
    dataset,
    config: toRunConfig({ model: "lenet5", steps: 100_000, evaluate: false }, dataset.info),
    host: "127.0.0.1",
    port: 0,
    minPeers,
    ...(root === undefined ? {} : { root }),
    onReason: (reason) => said.push(reason),
    onCommit: ({ report: { round, hash } }) => {
      hashes[round] = hash;
      onCommit?.(round + 1);
    },
  });
  return { run, said, hashes };
}

/** Waits for what must come, and says what came instead when it does not. */
export async function until(what: string, { said, hashes }: Trial, condition: () => boolean, deadlineMs = 180_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > deadline) {
      const texts = said.map(({ text }) => text).join("\n");
      throw new Error(`${what}: not within ${deadlineMs / 1000} s; ${hashes.length} rounds are committed. What was said:\n${texts}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export const wasSaid = ({ said }: Trial, words: RegExp, from = 0): boolean => said.slice(from).some(({ text }) => words.test(text));
