import type { CoordinatorMessage, PeerMessage, RoundTiming, Signal } from "../../coordinator/protocol/messages.ts";
import { paths } from "../../coordinator/protocol/paths.ts";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { PROTOCOL_VERSION } from "../../coordinator/protocol/version.ts";
import { decodeFrame, encodeFrame, type Frame, MalformedFrame } from "../collective/frame.ts";
import type { RoundResult } from "../compute/computeWorker.ts";
import { Mesh } from "../link/mesh.ts";
import { type Training, train } from "../train/loop.ts";
import { Auditing } from "./auditing.ts";
import { Changes } from "./changes.ts";
import { CoordinatorConnection } from "./coordinatorConnection.ts";
import { PeerStopped } from "./peerStopped.ts";
import type { Platform } from "./platform.ts";
import type { Prepared, PreparedRun } from "./preparedRun.ts";
import { Session } from "./session.ts";
import { stateChunks } from "./stateTransfer.ts";
import type { JoinOptions } from "./status.ts";
import type { StatusBoard } from "./statusBoard.ts";

/** 700 to 1300 ms apart: never in step with the rounds, for heartbeats are samples of what is waited for. */
const HEARTBEAT_MS = 1000;
const HEARTBEAT_JITTER_MS = 600;

/** How often states that are on their way are looked after. */
const TRANSFER_TICK_MS = 250;

export interface AttendanceOptions {
  readonly platform: Platform;
  readonly join: JoinOptions;
  readonly board: StatusBoard;
  readonly prepared: PreparedRun;
}

type Welcome = Extract<CoordinatorMessage, { type: "welcome" }>;

/** A peer's part in a run over one connection to the coordinator: joins what the coordinator, the mesh and the replica do. */
export class Attendance {
  readonly #options: AttendanceOptions;
  readonly #connection: CoordinatorConnection;
  readonly #mesh: Mesh;
  readonly #changes = new Changes();
  readonly #stopped: Promise<never>;
  #stop: (error: PeerStopped) => void = () => undefined;
  #welcome: Welcome | undefined;
  #session: Session | undefined;
  #auditing: Auditing | undefined;
  #bytesReported = 0;
  readonly #unheard = new Set<number>();
  #finished = false;
  #ended = false;
  #training: Promise<void> = Promise.resolve();
  #beat: ReturnType<typeof setTimeout> | undefined;

  constructor(options: AttendanceOptions) {
    this.#options = options;
    this.#stopped = new Promise((_, reject) => {
      this.#stop = reject;
    });
    this.#stopped.catch(() => undefined); // whoever attends hears of it
    const { platform, join } = options;
    const url = new URL(paths.peer, join.origin.replace(/^http/, "ws"));
    this.#connection = new CoordinatorConnection(platform.openSocket(url.href), {
      onMessage: (message) => this.#handle(message),
      onRelayed: (peer, bytes) => this.#mesh.receiveRelayed(peer, bytes),
      onClosed: (why, sentAway) => this.#halt(sentAway ? "sent away" : "cut off", why),
    });
    this.#mesh = new Mesh({
      createConnector: platform.createConnector,
      signal: (to, signal) => this.#tell({ type: "signal", to, signal: signal as Signal }),
      relay: (peer, bytes) => this.#connection.relay(peer, bytes),
      onBytes: (peer, bytes) => this.#receive(peer, bytes),
      onLink: (peer, state) => this.#linked(peer, state),
      onDrained: () => this.#session?.transfer.serve(),
      after: (milliseconds, action) => setTimeout(action, milliseconds),
    });
  }

  /** Takes part until the run is complete. Throws `PeerStopped` when it ends otherwise. */
  async attend(): Promise<void> {
    this.#beatOn();
    const transfers = setInterval(() => this.#session?.transfer.tick(), TRANSFER_TICK_MS);
    try {
      await Promise.race([this.#takePart(), this.#stopped]);
    } finally {
      clearTimeout(this.#beat);
      clearInterval(transfers);
      this.#ended = true;
      this.#session?.close(new PeerStopped("left", "the peer has stopped"));
      this.#connection.close("the peer has stopped");
      this.#mesh.close();
      await this.#training.catch(() => undefined); // what the replica was doing is done, before it is asked for more
    }
  }

  #beatOn(): void {
    const pause = HEARTBEAT_MS + HEARTBEAT_JITTER_MS * (Math.random() - 0.5);
    this.#beat = setTimeout(() => {
      this.beat();
      this.#beatOn();
    }, pause);
  }

  get welcomed(): boolean {
    return this.#welcome !== undefined;
  }

  /** Leaves on purpose. */
  leave(): void {
    if (this.#finished) return;
    if (this.#welcome !== undefined) this.#tell({ type: "leave", reason: "left" }); // before it, the socket may not be open yet
    this.#halt("left", "You have left the run. Your part went to the others; nothing was lost.");
  }

  /** "I am alive", and what I wait for. */
  beat(): void {
    if (this.#welcome === undefined) return;
    const waitingFor = this.#session?.waitingFor().slice(0, 200) ?? "its engine";
    const chunks = this.#session?.transfer.incoming?.progress.held;
    const { hidden } = this.#options.board.status;
    const [round, awaits] = [this.#session?.round ?? 0, this.#session?.awaits()];
    this.#tell({ type: "heartbeat", hidden, round, waitingFor, chunks, awaits });
  }

  async #takePart(): Promise<void> {
    const { platform, join, board, prepared } = this.#options;
    await this.#connection.opened();
    const { kind, device, fused } = platform;
    const { name, token, workers, identity } = join;
    const resume = prepared.resume();
    this.#tell({ type: "hello", protocol: PROTOCOL_VERSION, token, name, kind, device, workers, fused, identity, resume });
    await this.#changes.until(() => this.#welcome !== undefined);
    const { run, runName, config, peer } = this.#welcome as Welcome;
    board.update({ runName, model: config.model, numerics: config.numerics, steps: config.steps });
    board.progress({ connected: true });

    const ready = await prepared.prepare(run, config);
    if (this.#ended) return; // the connection was lost meanwhile; the next one finds the engine ready
    board.progress({ engine: true });
    const { replica, store, info } = ready;
    const layoutOf = (kind: Round["kind"]) => info.layouts[kind];
    this.#auditing = new Auditing({ config, layoutOf, replica, store, tell: (message) => this.#tell(message) });
    this.#session = this.#openSession(run, peer, config, ready, resume?.round);
    board.update({ stage: "linking", sentence: "Waiting for a place in the run." });
    this.#tell({ type: "ready", selfTest: ready.info.selfTest, imagesPerSecond: ready.info.imagesPerSecond });

    const onComputed: Training["onComputed"] = ({ round }) => this.#tell({ type: "computed", round });
    const onRound: Training["onRound"] = (round, result, timing) => this.#report(round, result, timing);
    // Until the coordinator says that everyone is done, others may still need what this peer has.
    const finished = this.#changes.until(() => this.#finished);
    this.#training = train({
      config,
      session: this.#session,
      replica,
      store,
      auditor: this.#auditing.auditor,
      now: platform.now,
      onReplace: () => this.#options.prepared.forget(),
      onComputed,
      onRound,
    });
    await Promise.race([this.#training, finished]);
    await finished;
  }

  #openSession(run: number, self: number, config: RunConfig, { info }: Prepared, offered: number | undefined): Session {
    const send = (peers: readonly number[], frame: Frame) => {
      const bytes = encodeFrame(frame);
      for (const peer of peers) this.#mesh.send(peer, bytes);
    };
    const { layouts, stateElements } = info;
    return new Session({
      run,
      self,
      config,
      layoutOf: (kind) => layouts[kind],
      stateElements,
      offered,
      send,
      save: (round, state) => this.#save(round, state),
      complain: (about, why) => this.#tell({ type: "complain", about, why: why.slice(0, 300) }),
      stateLost: (round, why) => this.#tell({ type: "stateLost", round, why: why.slice(0, 300) }),
      idle: (peer) => this.#mesh.idle(peer),
      now: this.#options.platform.now,
      defer: (action) => setTimeout(() => this.#ended || action()),
      keep: (round, evidence) => this.#auditing?.keep(round, evidence),
    });
  }

  #save(round: number, state: Int32Array): void {
    for (const chunk of stateChunks(round, state)) this.#tell(chunk);
  }

  #report(round: Round, result: RoundResult, timing: Omit<RoundTiming, "bytesSent">): void {
    const { board, prepared } = this.#options;
    const session = this.#session as Session;
    const bytesSent = this.#mesh.bytesSent - this.#bytesReported;
    this.#bytesReported = this.#mesh.bytesSent;
    prepared.remember(round.round, result);
    const slots = session.view?.slotHolders ?? [];
    const mine = slots.filter((holder) => holder === session.self).length;
    this.#tell({ type: "done", view: session.view?.view ?? 0, round: round.round, ...result, timing: { ...timing, bytesSent } });
    board.update({
      share: slots.length === 0 ? 0 : mine / slots.length,
      bytesSent: this.#mesh.bytesSent,
      bytesReceived: this.#mesh.bytesReceived,
    });
    board.round(round.kind === "train", round.step, result.hash, timing);
  }

  #handle(message: CoordinatorMessage): void {
    switch (message.type) {
      case "welcome":
        this.#welcome = message;
        this.#changes.notify();
        break;
      case "refused":
        this.#halt("refused", message.sentence);
        break;
      case "connect":
        this.#mesh.connect(message.peer, message.initiator, message.iceServers);
        break;
      case "signal":
        this.#mesh.signal(message.from, message.signal);
        break;
      case "gone":
        this.#mesh.drop(message.peer);
        this.#session?.transfer.lose(message.peer);
        break;
      case "views":
        this.#session?.adopt(message.views, message.more);
        break;
      case "permit":
        this.#session?.permit(message.through);
        break;
      case "save":
        this.#session?.transfer.saveAt(message.round);
        break;
      case "state":
        this.#session?.transfer.receiveCheckpoint(message);
        break;
      case "stateHash":
        this.#session?.transfer.expect(message.round, message.hash);
        break;
      case "audit":
      case "inquire":
      case "show":
      case "settled":
        this.#auditing?.hear(message);
        break;
      case "rest":
        this.#options.board.update({ stage: "resting", sentence: message.sentence });
        break;
      case "swarm":
        this.#options.board.swarm(message);
        break;
      case "finished":
        this.#finished = true;
        this.#options.board.update({ hash: message.hash });
        this.#changes.notify();
        break;
      default:
        message satisfies never;
    }
  }

  /** A frame that cannot be ends our listening to its sender, and nothing else. */
  #receive(peer: number, bytes: Uint8Array): void {
    if (this.#unheard.has(peer)) return;
    try {
      const frame = decodeFrame(bytes);
      if (frame.sender !== peer) throw new MalformedFrame(`the frame says that peer ${frame.sender} sent it, and peer ${peer} did`);
      this.#session?.receive(frame);
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.#unheard.add(peer);
      this.#tell({ type: "complain", about: peer, why: error.message.slice(0, 300) });
    }
  }

  #tell(message: PeerMessage): void {
    this.#connection.tell(message);
  }

  #linked(peer: number, state: "direct" | "relayed" | "lost"): void {
    this.#tell({ type: "link", peer, state });
    this.#session?.relinked(peer);
    const { linked, wanted } = this.#mesh.counts;
    this.#options.board.progress({ linked, toLink: wanted });
  }

  #halt(stage: PeerStopped["stage"], why: string): void {
    if (this.#finished) return;
    const error = new PeerStopped(stage, why);
    this.#session?.close(error);
    this.#changes.fail(error);
    this.#stop(error);
  }
}
