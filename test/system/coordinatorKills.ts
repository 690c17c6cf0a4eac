import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Dataset } from "../../coordinator/data/dataset.ts";
import { createRandom } from "../../coordinator/data/random.ts";
import { readJournal } from "../../coordinator/files/journal.ts";
import type { DashboardSnapshot } from "../../coordinator/protocol/dashboard.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { RUNS } from "../../coordinator/run/serveRun.ts";
import { CoordinatorProcess } from "./coordinatorProcess.ts";
import { sameBitsAlone } from "./sameBitsAlone.ts";

export interface CoordinatorKills {
  readonly data?: string;
  readonly coordinatorKills: number;
  readonly peers: number;
  readonly seed: number;
}

/** A coordinator that has not made a step for so long after it was started again has hung. */
const DEADLINE_MS = 120_000;

/** It is killed this long after it answers, at most: while peers come back, in the first steps, or in the midst of training. */
const LONGEST_LIFE_MS = 8000;

/** So many rounds are compared with those of one undisturbed peer. */
const COMPARED_ROUNDS = 1000;

/**
 * The coordinator is killed (SIGKILL) again and again, at random moments, and started again with the same run. Peers stay what they are. In the
 * end the journal has every round once, in order, and the hashes are those of one undisturbed peer.
 */
export async function killCoordinators(
  dataset: Dataset,
  { data, coordinatorKills, peers: count, seed }: CoordinatorKills,
): Promise<boolean> {
  const random = createRandom(seed, 0);
  const common = ["--min-peers", String(count), ...(data === undefined ? [] : ["--data", data])];
  const training = ["--model", "lenet5", "--steps", "100000", "--no-evaluate"];
  let coordinator = new CoordinatorProcess([...common, ...training, "--port", "0"]);
  const url = await coordinator.joinUrl();
  const { runName } = await snapshot(url);
  const peers = new HeadlessPeers(url.href, 1);
  for (let i = 0; i < count; i++) await peers.start();
  await stepsBeyond(url, 5);
  const begun = Date.now();
  for (let kill = 1; kill <= coordinatorKills; kill++) {
    await delay(random.between(0, LONGEST_LIFE_MS));
    await coordinator.kill();
    coordinator = new CoordinatorProcess([...common, "--port", url.port, "--resume", runName]);
    await coordinator.joinUrl();
    if (kill % 10 === 0 || kill === coordinatorKills) console.log(`killed ${kill} times; step ${(await snapshot(url)).state.step}`);
  }
  const { state } = await snapshot(url);
  await stepsBeyond(url, state.step + 20);
  await peers.finish(0);
  await coordinator.kill();
  const journal = await readJournal(join(RUNS, runName, "journal.jsonl")); // refuses one with gaps
  const whole = journal.every(({ round }, i) => round === i);
  const hashes = journal.map(({ hash }) => hash);
  const same = await sameBitsAlone(dataset, hashes, COMPARED_ROUNDS);
  console.log(
    `${coordinatorKills} kills in ${Math.round((Date.now() - begun) / 1000)} s, ${journal.length} rounds: the hash chain is ${whole ? "unbroken" : "broken"}, ` +
      `the first ${Math.min(COMPARED_ROUNDS, hashes.length)} hashes are ${same ? "" : "not "}those of one undisturbed peer`,
  );
  return whole && same;
}

const snapshot = async (url: URL): Promise<DashboardSnapshot> =>
  (await (await fetch(new URL("/api/run", url))).json()) as DashboardSnapshot;

async function stepsBeyond(url: URL, step: number): Promise<void> {
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await delay(50)) {
    if ((await snapshot(url)).state.step > step) return;
  }
  throw new Error(`the run did not get beyond step ${step} within ${DEADLINE_MS / 1000} s: ${(await snapshot(url)).state.sentence}`);
}
