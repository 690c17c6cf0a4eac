import { randomBytes, randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { openAppendLog } from "../files/appendLog.ts";
import { Checkpoints } from "../files/checkpoints.ts";
import { DiskFull, DiskSpace } from "../files/diskSpace.ts";
import { type JournalEntry, openJournal, readJournal } from "../files/journal.ts";
import { evaluationLine, stepLine } from "../files/metricsLines.ts";
import { createRunDirectory, openRunDirectory, type RunDirectory } from "../files/runDirectory.ts";
import { lockRun, type RunLock } from "../files/runLock.ts";
import { writeWholeFile } from "../files/wholeFile.ts";
import { UserError } from "../options/userError.ts";
import { describeRound } from "../protocol/rounds.ts";
import type { RunConfig } from "../protocol/runConfig.ts";
import type { Effect } from "./membership.ts";

type Commit = Extract<Effect, { type: "commit" }>;

/** What peers know a run by: it has to stay the same when the coordinator comes back. */
const identitySchema = v.object({ run: v.pipe(v.number(), v.integer()), token: v.string() });

/** The files of a run while it is served. */
export interface RunFiles {
  readonly id: string;
  readonly config: RunConfig;
  readonly identity: v.InferOutput<typeof identitySchema>;
  /** Rounds that were committed before. */
  readonly entries: readonly JournalEntry[];
  readonly checkpoints: Checkpoints;
  readonly checkpoint: number | undefined;
  write(commit: Commit): void;
  close(): Promise<void>;
}

/** A new run, in a directory of its own. */
export async function createRunFiles(root: string, config: RunConfig, onDiskFull: OnDiskFull): Promise<RunFiles> {
  const directory = await createRunDirectory({ root, config, now: Date.now() });
  const identity = { run: randomInt(2 ** 32), token: randomBytes(9).toString("base64url") };
  await writeWholeFile(identityPath(directory), `${JSON.stringify(identity)}\n`);
  return locked(directory, (lock) => serveFiles(directory, identity, [], lock, onDiskFull));
}

/** A run that was served before: its journal is read, and goes on. */
export async function openRunFiles(root: string, id: string, digest: string, onDiskFull: OnDiskFull): Promise<RunFiles> {
  const directory = await openRunDirectory(root, id);
  const { name, digest: expected } = directory.config.dataset;
  if (digest !== expected) {
    const sentence = `run ${id} was begun on other images (${name}, digest ${expected.slice(0, 12)}…) than those given now (${digest.slice(0, 12)}…). Give it the same data.`;
    throw new UserError(sentence, { exitCode: 2 });
  }
  const identity = v.parse(identitySchema, JSON.parse(await readFile(identityPath(directory), "utf8")));
  return locked(directory, async (lock) => serveFiles(directory, identity, await readJournal(directory.journalPath), lock, onDiskFull));
}

/** Hears which files the full disk keeps from being written; none, when there is space again. */
export type OnDiskFull = (paths: readonly string[]) => void;

/** Two coordinators with one journal would each take the other's rounds for damage. */
async function locked(directory: RunDirectory, serve: (lock: RunLock) => Promise<RunFiles>): Promise<RunFiles> {
  const lock = await lockRun(directory.path);
  try {
    return await serve(lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

const identityPath = ({ path }: RunDirectory): string => join(path, "identity.json");

/** The journal is the truth of the run; metrics.jsonl is for people and their tools. */
async function serveFiles(
  directory: RunDirectory,
  identity: RunFiles["identity"],
  entries: readonly JournalEntry[],
  lock: RunLock,
  onDiskFull: OnDiskFull,
): Promise<RunFiles> {
  const { id, config, path, journalPath, metricsPath } = directory;
  const space = new DiskSpace(onDiskFull);
  const journal = await openJournal(journalPath, space);
  const metricsLog = await openAppendLog(metricsPath, { durable: false, space });
  const hashes = new Map(entries.map(({ round, hash }) => [round, hash]));
  const checkpoints = new Checkpoints(path, space, (round) => hashes.get(round - 1)); // a round begins with the state that the last one ended with
  let last = entries.at(-1)?.round ?? -1;
  return {
    id,
    config,
    identity,
    entries,
    checkpoints,
    checkpoint: await checkpoints.newest(entries.length),
    write: ({ report, view, members }) => {
      const at = Date.now();
      const { round, hash, metrics } = report;
      unlessGivenUp(journal.append({ round, view, hash, metrics, members: [...members], at, ...(round <= last ? { again: true } : {}) }));
      hashes.set(round, hash);
      last = round;
      const turn = describeRound(config, round);
      const point = { ...turn, at, hash, members: members.length, metrics, ...metrics };
      unlessGivenUp(metricsLog.append(turn.kind === "train" ? stepLine(point) : evaluationLine(point)));
    },
    close: async () => {
      space.close();
      await journal.close();
      await metricsLog.close();
      await lock.release();
    },
  };
}

/** What a full disk did not take before the end, peers bring back when the run goes on: that was said, and is no bug. */
export function unlessGivenUp(written: Promise<unknown>): void {
  written.catch((error: unknown) => {
    if (!(error instanceof DiskFull)) throw error;
  });
}
