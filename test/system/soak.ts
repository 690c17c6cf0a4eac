import { setMaxListeners } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { findDataset } from "../../coordinator/data/findDataset.ts";
import { wholeNumber } from "../../coordinator/options/parse.ts";
import { median } from "../../coordinator/protocol/median.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { peersAt } from "../../coordinator/run/membership.ts";
import { killCoordinators } from "./coordinatorKills.ts";
import { poissonChurn } from "./poissonChurn.ts";
import { sameBitsAlone } from "./sameBitsAlone.ts";
import { serveTrial, type Trial } from "./trial.ts";

interface SoakOptions {
  readonly data?: string;
  readonly minutes: number;
  readonly peers: number;
  readonly life: number;
  readonly seed: number;
  readonly coordinatorKills: number;
}

/** A run that makes no step for so long has hung. */
const WATCHDOG_MS = 30_000;
const REPORT_MS = 30_000;
const COMPARED_ROUNDS = 1000;

/** What is promised (scenario of endurance): no wait longer than this for a step, and no growth of memory beyond this share. */
const LONGEST_WAIT_MS = 10_000;
const MOST_GROWTH = 1.05;

/** A quarter of the samples at either end tell whether memory grew; what was loaded and compiled at first is not growth. */
const WARM_UP_SHARE = 0.25;

interface Sample {
  readonly coordinatorMiB: number;
  readonly peerMiB: number;
}

/** `npm run soak`: peers come and go like customers of a shop, for as long as it is told; one of them stays. */
async function soak(options: SoakOptions): Promise<boolean> {
  const dataset = await findDataset({ data: options.data, environment: process.env, say: console.log });
  if (options.coordinatorKills > 0) return await killCoordinators(dataset, options);
  let [committedAt, longestWait] = [Date.now(), 0];
  const trial = await serveTrial(dataset, {
    minPeers: 1,
    onCommit: () => {
      longestWait = Math.max(longestWait, Date.now() - committedAt);
      committedAt = Date.now();
    },
  });
  const peers = new HeadlessPeers(trial.run.joinUrls[0] as string, 1);
  let crash: Error | undefined;
  peers.failed.catch((error: Error) => {
    crash = error;
  });
  await peers.start(); // who stays
  while (trial.hashes.length === 0) await delay(100);
  longestWait = 0;
  const churning = new AbortController();
  setMaxListeners(0, churning.signal); // every life listens to it
  const comings = poissonChurn({
    peers,
    population: options.peers,
    meanLifeMs: options.life * 1000,
    seed: options.seed,
    signal: churning.signal,
  });
  const samples: Sample[] = [];
  const end = Date.now() + options.minutes * 60_000;
  while (Date.now() < end) {
    await delay(Math.min(REPORT_MS, Math.max(0, end - Date.now())));
    samples.push({ coordinatorMiB: residentMiB(process.pid), peerMiB: residentMiB(peers.processIds[0]) });
    console.log(statusLine(trial, samples, longestWait));
    if (crash !== undefined) throw crash;
    if (Date.now() - committedAt > WATCHDOG_MS) throw new Error(`no step for ${WATCHDOG_MS / 1000} s; ${sentenceOf(trial)}`);
  }
  churning.abort();
  const counts = await comings;
  await peers.finish(0);
  await trial.run.close();
  const same = await sameBitsAlone(dataset, trial.hashes, COMPARED_ROUNDS);
  const [coordinatorGrowth, peerGrowth] = [growth(samples.map((s) => s.coordinatorMiB)), growth(samples.map((s) => s.peerMiB))];
  console.log(
    `${trial.hashes.length} rounds, ${counts.joined} joined, ${counts.killed} killed, ${counts.left} left, ${counts.frozen} frozen`,
  );
  console.log(`longest time without a step: ${(longestWait / 1000).toFixed(1)} s`);
  console.log(`memory, end over beginning: coordinator ${coordinatorGrowth.toFixed(3)}, the peer that stayed ${peerGrowth.toFixed(3)}`);
  console.log(
    same ? "The same bits as one undisturbed peer." : "The bits differ from those of one undisturbed peer: this should never happen.",
  );
  const flat = Math.max(coordinatorGrowth, peerGrowth) <= MOST_GROWTH;
  if (!flat) console.log(`Memory grew by more than ${((MOST_GROWTH - 1) * 100).toFixed(0)} %.`);
  const prompt = longestWait <= LONGEST_WAIT_MS;
  if (!prompt) console.log(`A step was waited for longer than ${LONGEST_WAIT_MS / 1000} s.`);
  return same && flat && prompt;
}

function statusLine(trial: Trial, samples: readonly Sample[], longestWait: number): string {
  const members = peersAt(trial.run.coordinator.membership, "member").length;
  const { coordinatorMiB, peerMiB } = samples.at(-1) as Sample;
  const memory = `coordinator ${coordinatorMiB.toFixed(0)} MiB, the peer that stays ${peerMiB.toFixed(0)} MiB`;
  return `${new Date().toISOString().slice(11, 19)}  round ${trial.hashes.length}, ${members} members, ${memory}, longest wait ${(longestWait / 1000).toFixed(1)} s`;
}

const sentenceOf = ({ run: { coordinator } }: Trial): string => coordinator.feed.state(coordinator.membership, Date.now()).sentence;

/** Of the process, from Linux's own account; NaN elsewhere. */
function residentMiB(pid: number | undefined): number {
  try {
    const [, kibibytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kibibytes) / 1024;
  } catch {
    return Number.NaN; // no /proc here, or the process is gone
  }
}

function growth(values: readonly number[]): number {
  const size = Math.max(1, Math.floor(values.length * WARM_UP_SHARE));
  const warm = values.slice(size);
  return median(warm.slice(-size)) / median(warm.slice(0, size));
}

const whole = (name: string, most: number) => wholeNumber(name, { least: 1, most, example: 8 });
const options = new Command("npm run soak --")
  .description("Peers come and go at random for a long time; then the bits are compared with those of one undisturbed peer.")
  .option("--data <folder>", "CIFAR-10, binary version (default: $CIFAR10_DIR, else downloaded once)")
  .option("--minutes <n>", "how long", whole("--minutes", 100_000), 30)
  .option("--peers <n>", "how many peers there are on average", whole("--peers", 64), 8)
  .option("--life <seconds>", "how long a peer stays on average", whole("--life", 3600), 20)
  .option("--seed <n>", "of the churn", whole("--seed", 2 ** 31 - 1), 1)
  .option("--coordinator-kills <n>", "kill the coordinator so often instead, and let peers be", whole("--coordinator-kills", 10_000), 0)
  .parse()
  .opts<SoakOptions>();
process.exit((await soak(options)) ? 0 : 1);
