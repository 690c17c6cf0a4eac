import { randomBytes, randomInt } from "node:crypto";
import type { Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import type { Dataset } from "../data/dataset.ts";
import { openAppendLog } from "../files/appendLog.ts";
import { openJournal } from "../files/journal.ts";
import { evaluationLine, stepLine } from "../files/metricsLines.ts";
import { createRunDirectory } from "../files/runDirectory.ts";
import { joinUrls } from "../http/joinUrls.ts";
import { listen } from "../http/listen.ts";
import { createPagesAndData } from "../http/pagesAndData.ts";
import { isOwnOrigin } from "../http/securityHeaders.ts";
import { MAX_MESSAGE_BYTES } from "../protocol/codec.ts";
import { paths } from "../protocol/paths.ts";
import { describeRound } from "../protocol/rounds.ts";
import type { RunConfig } from "../protocol/runConfig.ts";
import { Coordinator } from "./coordinator.ts";
import type { Effect, Reason } from "./membership.ts";

const projectFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A peer that says nothing for so long is lost to the others; pages say something every second, from a worker. */
const SILENCE_MS = 10_000;

/** Permits reach so far ahead: a planned change of the members takes about as long to come into force. */
const LEASE_MS = 1000;

const MAX_PEERS = 1024;

type Commit = Extract<Effect, { type: "commit" }>;

export interface ServeRunOptions {
  readonly dataset: Dataset;
  readonly config: RunConfig;
  readonly host: string;
  readonly port: number;
  readonly minPeers: number;
  readonly onReason: (reason: Reason) => void;
  readonly onCommit: (commit: Commit) => void;
}

export interface ServedRun {
  readonly coordinator: Coordinator;
  readonly runName: string;
  readonly dashboardUrl: string;
  readonly joinUrls: readonly string[];
  /** Resolves with the run's last hash when every peer has done the last round. */
  readonly finished: Promise<void>;
  close(): Promise<void>;
}

/** A run with all that it needs: pages, data, sockets, and its directory. */
export async function serveRun(options: ServeRunOptions): Promise<ServedRun> {
  const { dataset, config, host, port, minPeers } = options;
  const token = randomBytes(9).toString("base64url");
  const directory = await createRunDirectory({ root: projectFile("runs"), config, now: Date.now() });
  const files = await openRunFiles(directory.journalPath, directory.metricsPath, config);
  const slot: { coordinator?: Coordinator } = {};
  const app = await createPagesAndData({
    dataset,
    pagesDir: projectFile(join("dist", "pages")),
    run: () => slot.coordinator?.feed.snapshot(slot.coordinator.membership, Date.now()),
  });
  const listening = await listen({ app, host, port });
  const urls = joinUrls(host, listening.port, token);
  const joinUrl = urls[0] as string;
  const finished = new Promise<void>((resolve) => {
    slot.coordinator = new Coordinator({
      config,
      run: randomInt(2 ** 32),
      runName: directory.id,
      iceServers: [],
      minPeers,
      maxPeers: MAX_PEERS,
      silenceMs: SILENCE_MS,
      leaseMs: LEASE_MS,
      token,
      joinUrl,
      onCommit: (commit) => {
        files.write(commit);
        options.onCommit(commit);
      },
      onReason: options.onReason,
      onFinished: resolve,
    });
  });
  const coordinator = slot.coordinator as unknown as Coordinator;
  acceptSockets(listening.server, coordinator);
  const close = async () => {
    coordinator.close("the coordinator has ended");
    await files.close();
    await listening.close();
  };
  return { coordinator, runName: directory.id, dashboardUrl: new URL(paths.dashboard, joinUrl).href, joinUrls: urls, finished, close };
}

function acceptSockets(server: Server, coordinator: Coordinator): void {
  const peers = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const dashboards = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: true });
  server.on("upgrade", (request, socket, head) => {
    const { pathname } = new URL(request.url ?? "/", "http://coordinator");
    const { origin, host } = request.headers;
    if (!isOwnOrigin({ origin, host })) {
      socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\nOnly this coordinator's own pages may connect.\n");
      return;
    }
    if (pathname === paths.peer) peers.handleUpgrade(request, socket, head, (client) => coordinator.acceptPeer(client, request));
    else if (pathname === paths.events) dashboards.handleUpgrade(request, socket, head, (client) => coordinator.acceptDashboard(client));
    else socket.destroy();
  });
}

/** The journal is the truth of the run; metrics.jsonl is for people and their tools. */
async function openRunFiles(journalPath: string, metricsPath: string, config: RunConfig) {
  const journal = await openJournal(journalPath);
  const metrics = await openAppendLog(metricsPath, { durable: false });
  return {
    write: ({ report, view, members }: Commit): void => {
      const at = Date.now();
      const { round, hash, metrics: counted } = report;
      void journal.append({ round, view, hash, metrics: counted, members: [...members], at });
      const turn = describeRound(config, round);
      const point = { ...turn, at, hash, members: members.length, metrics: counted, ...counted };
      void metrics.append(turn.kind === "train" ? stepLine(point) : evaluationLine(point));
    },
    close: async (): Promise<void> => {
      await journal.close();
      await metrics.close();
    },
  };
}
