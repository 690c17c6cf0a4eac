import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dataset } from "../data/dataset.ts";
import { joinUrls } from "../http/joinUrls.ts";
import { listen } from "../http/listen.ts";
import { createPagesAndData } from "../http/pagesAndData.ts";
import { DEFAULT_AUDIT_SHARE, MAX_PEERS } from "../options/serveOptions.ts";
import type { IceServer } from "../protocol/messages.ts";
import { paths } from "../protocol/paths.ts";
import { roundCount } from "../protocol/rounds.ts";
import type { RunConfig } from "../protocol/runConfig.ts";
import { acceptSockets } from "./acceptSockets.ts";
import { Arbiter } from "./arbiter.ts";
import { Coordinator } from "./coordinator.ts";
import type { Effect, Reason } from "./membership.ts";
import { recoveredMembership } from "./recovery.ts";
import { restoreState } from "./restoreState.ts";
import { createRunFiles, type OnDiskFull, openRunFiles, type RunFiles, unlessGivenUp } from "./runFiles.ts";

const projectFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Where the run directories are. */
export const RUNS = projectFile("runs");

/** A peer that says nothing for so long is lost to the others; pages say something every second, from a worker. */
const SILENCE_MS = 10_000;

/** Permits reach so far ahead: a planned change of the members takes about as long to come into force. */
const LEASE_MS = 1000;

/** How much work the loss of every peer may cost. */
const CHECKPOINT_MS = 30_000;

type Commit = Extract<Effect, { type: "commit" }>;

export interface ServeRunOptions {
  readonly dataset: Dataset;
  readonly config: RunConfig;
  readonly host: string;
  readonly port: number;
  readonly minPeers: number;
  /** The share of the contributions that are computed again by another member; 0.02 by default, 0 for none. */
  readonly auditShare?: number;
  /** STUN and TURN servers that peers may use. */
  readonly iceServers?: readonly IceServer[];
  /** A run that was served before, by its name: it goes on; `config` does not count then. */
  readonly resume?: string | undefined;
  /** The folder of the run directories; the project's own by default. */
  readonly root?: string;
  readonly onReason: (reason: Reason) => void;
  readonly onCommit: (commit: Commit) => void;
}

export interface ServedRun {
  readonly coordinator: Coordinator;
  readonly config: RunConfig;
  readonly runName: string;
  readonly dashboardUrl: string;
  readonly joinUrls: readonly string[];
  /** Resolves with the run's last hash when every peer has done the last round. */
  readonly finished: Promise<void>;
  close(): Promise<void>;
}

/** A run with all that it needs: pages, data, sockets, and its directory. */
export async function serveRun(options: ServeRunOptions): Promise<ServedRun> {
  const { dataset, host, port } = options;
  const started: { coordinator?: Coordinator } = {};
  const app = await createPagesAndData({
    dataset,
    pagesDir: projectFile(join("dist", "pages")),
    run: (showsLink) => started.coordinator?.snapshot(showsLink),
  });
  const listening = await listen({ app, host, port }); // before anything is written: a port may be taken
  const files = await openFiles(options, (paths) => started.coordinator?.storage(paths)).catch(async (error: unknown) => {
    await listening.close();
    throw error;
  });
  const urls = joinUrls(host, listening.port, files.identity.token);
  const arbiter = new Arbiter(files.config, new URL(urls[0] as string).origin);
  const finished = new Promise<void>((onFinished) => {
    started.coordinator = createCoordinator(options, files, arbiter, urls[0] as string, onFinished);
  });
  const coordinator = started.coordinator as unknown as Coordinator;
  for (const { round, hash, metrics, members, at } of files.entries) coordinator.feed.commit({ round, hash, metrics }, members.length, at);
  acceptSockets(listening.server, coordinator);
  const close = async () => {
    coordinator.close("the coordinator has ended");
    arbiter.close();
    await files.close();
    await listening.close();
  };
  return {
    coordinator,
    config: files.config,
    runName: files.id,
    dashboardUrl: new URL(paths.dashboard, urls.at(-1)).href, // this machine's own: there the dashboard shows the join link
    joinUrls: urls,
    finished,
    close,
  };
}

function openFiles({ root = RUNS, resume, config, dataset }: ServeRunOptions, onDiskFull: OnDiskFull): Promise<RunFiles> {
  return resume === undefined ? createRunFiles(root, config, onDiskFull) : openRunFiles(root, resume, dataset.info.digest, onDiskFull);
}

function createCoordinator(
  options: ServeRunOptions,
  files: RunFiles,
  arbiter: Arbiter,
  joinUrl: string,
  onFinished: () => void,
): Coordinator {
  return new Coordinator({
    config: files.config,
    run: files.identity.run,
    runName: files.id,
    iceServers: options.iceServers ?? [],
    minPeers: options.minPeers,
    maxPeers: MAX_PEERS,
    silenceMs: SILENCE_MS,
    leaseMs: LEASE_MS,
    checkpointMs: CHECKPOINT_MS,
    auditShare: options.auditShare ?? DEFAULT_AUDIT_SHARE,
    auditSecret: randomBytes(32).toString("hex"),
    token: files.identity.token,
    joinUrl,
    recovered: recoveredMembership(files.entries, files.checkpoint, roundCount(files.config)),
    onCommit: (commit) => {
      files.write(commit);
      options.onCommit(commit);
    },
    onState: (peer, chunk, received) =>
      unlessGivenUp(files.checkpoints.receive(peer, chunk).then((result) => result !== undefined && received(result))),
    onRestore: (round) => restoreState(files.checkpoints, round),
    onArbitrate: (disputed, decided) => arbiter.decide(disputed, decided),
    onReplay: (checkpoint, through, replayed) => void arbiter.replay(files.checkpoints, checkpoint, through).then(replayed),
    onShown: (peer, chunk) => arbiter.receive(peer, chunk),
    onReason: options.onReason,
    onFinished,
  });
}
