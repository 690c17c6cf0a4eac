import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { findDataset } from "../data/findDataset.ts";
import { createCommand, reportFailure } from "../options/command.ts";
import { wholeNumber } from "../options/parse.ts";
import { readRunConfig } from "../options/readRunConfig.ts";
import { addRunOptions, type RunOptions } from "../options/runOptions.ts";
import { UserError } from "../options/userError.ts";
import { churn } from "../run/churn.ts";
import { steadyNow } from "../run/clock.ts";
import { HeadlessPeers } from "../run/headlessPeers.ts";
import { peersAt } from "../run/membership.ts";
import type { StartedPeers } from "../run/peers.ts";
import { type ServedRun, type ServeRunOptions, serveRun } from "../run/serveRun.ts";
import { TabPeers } from "../run/tabPeers.ts";

interface VerifyOptions extends RunOptions {
  readonly data?: string;
  readonly peers: readonly number[];
  readonly workers: number;
  readonly browser: boolean;
  readonly churn: boolean;
}

const DEFAULT_STEPS = 20;

/** A run that makes no step for so long has hung. */
const STALL_MS = 120_000;
const PATIENCE_MS = 5000;

/** `npm run verify`: the same run with different peers; the parameters must end the same to the bit. */
async function verify(): Promise<boolean> {
  const options = addVerifyOptions(
    createCommand("npm run verify --", "Trains the same run with different numbers of peers and compares the bits."),
  )
    .parse()
    .opts<VerifyOptions>();
  const dataset = await findDataset({ data: options.data, environment: process.env, say: console.log });
  const config = await readRunConfig(lengthOf(options), dataset.info);
  console.log(
    `${config.model}, ${config.steps} steps of ${config.slots} × ${config.microBatch} images, seed ${config.seed}, ${dataset.source}`,
  );
  const hashes: string[] = [];
  const root = await mkdtemp(join(tmpdir(), "tabgrad-verify-")); // these runs are nobody's to go on with
  try {
    for (const peers of options.peers) {
      const result = await runOnce({ dataset, config, root }, peers, options);
      hashes.push(result.hash);
      console.log(
        `${String(peers).padStart(3)} ${options.browser ? "tab" : "peer"}${peers === 1 ? " " : "s"}  ${result.hash}  ${result.words}`,
      );
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  const equal = hashes.every((hash) => hash !== "" && hash === hashes[0]);
  console.log(equal ? "The same bits every time." : "The bits differ: this should never happen. Please report it with the lines above.");
  return equal;
}

/** Twenty steps, unless it says more; whole epochs are evaluated, too. */
function lengthOf(options: VerifyOptions): RunOptions {
  if (options.epochs !== undefined) return options;
  return { ...options, steps: options.steps ?? DEFAULT_STEPS, evaluate: false };
}

function addVerifyOptions(command: Command): Command {
  return addRunOptions(command)
    .addOption(
      new Option("--data <folder>", 'CIFAR-10, binary version; "synthetic" draws a stand-in (default: $CIFAR10_DIR, else downloaded once)'),
    )
    .addOption(new Option("--peers <list>", "numbers of peers to compare").argParser(peerCounts).default([1, 2, 3], "1,2,3"))
    .addOption(
      new Option("--workers <n>", "compute workers of each peer")
        .argParser(wholeNumber("--workers", { least: 1, most: 64, example: 1 }))
        .default(1),
    )
    .addOption(new Option("--browser", "peers are tabs of a headless Chromium").default(false))
    .addOption(
      new Option(
        "--churn",
        "peers are killed and others join at moments that the seed decides; runs with one peer stay undisturbed",
      ).default(false),
    );
}

function peerCounts(text: string): number[] {
  const counts = text.split(",").map(Number);
  if (counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 64)) return counts;
  throw new UserError(`--peers is a list of whole numbers from 1 to 64, for example --peers 1,2,3, not ${text}`, { exitCode: 2 });
}

async function runOnce(
  what: Pick<ServeRunOptions, "dataset" | "config" | "root">,
  count: number,
  options: VerifyOptions,
): Promise<{ hash: string; words: string }> {
  let committedAt = Date.now();
  const run = await serveRun({
    ...what,
    host: "127.0.0.1",
    port: 0,
    minPeers: count,
    onReason: ({ kind, text }) => (kind === "alarm" || (kind === "leave" && options.churn)) && console.log(`     ${text}`),
    onCommit: () => {
      committedAt = Date.now();
    },
  });
  const joinUrl = run.joinUrls[0] as string;
  const peers: StartedPeers = options.browser
    ? await TabPeers.launch(joinUrl, options.workers)
    : new HeadlessPeers(joinUrl, options.workers);
  const began = Date.now();
  const disturbed = options.churn && count > 1;
  const churning = new AbortController();
  try {
    for (let i = 0; i < count; i++) await peers.start();
    const members = () => peersAt(run.coordinator.membership, "member").length;
    const comings = disturbed
      ? churn({
          peers,
          seed: run.config.seed + count,
          most: count + 2,
          members,
          committed: () => run.coordinator.membership.committed,
          signal: churning.signal,
        })
      : Promise.resolve({ killed: 0, joined: 0 });
    await Promise.race([run.finished, peers.failed, comings.then(() => run.finished), stalled(() => committedAt, run)]);
    churning.abort();
    const { killed, joined } = await comings;
    const { committed, hashes } = run.coordinator.membership;
    const words = `${describe(run, began)}${disturbed ? `, ${killed} killed, ${joined} joined` : ""}`;
    return { hash: hashes.get(committed - 1) ?? "", words };
  } finally {
    churning.abort();
    await peers.finish(PATIENCE_MS);
    await run.close();
  }
}

/** Time from the first peer's start; images a second from the first step to the last; what the test images say. */
function describe({ coordinator }: ServedRun, began: number): string {
  const { steps, evaluations } = coordinator.feed.snapshot(coordinator.membership, steadyNow());
  const [first, last, test] = [steps[0], steps.at(-1), evaluations.at(-1)];
  const images = steps.slice(1).reduce((sum, { metrics }) => sum + metrics.images, 0);
  const speed =
    first === undefined || last === undefined || last.at === first.at
      ? ""
      : `, ${Math.round((1000 * images) / (last.at - first.at))} images/s`;
  const accuracy = test === undefined ? "" : `, test accuracy ${((100 * test.correct) / test.images).toFixed(2)} % of ${test.images}`;
  return `${((Date.now() - began) / 1000).toFixed(1)} s${speed}${accuracy}`;
}

function stalled(committedAt: () => number, run: ServedRun): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setInterval(() => {
      if (Date.now() - committedAt() < STALL_MS) return;
      clearInterval(timer);
      const { sentence } = run.coordinator.feed.state(run.coordinator.membership, steadyNow());
      reject(new Error(`no step for ${STALL_MS / 1000} s. ${sentence}`));
    }, 1000);
    timer.unref();
    void run.finished.then(() => clearInterval(timer));
  });
}

try {
  process.exit((await verify()) ? 0 : 1);
} catch (error) {
  process.exit(reportFailure(error));
}
