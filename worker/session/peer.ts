import type { CoordinatorMessage, RoundTiming } from "../../coordinator/protocol/messages.ts";
import { paths } from "../../coordinator/protocol/paths.ts";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { PROTOCOL_VERSION } from "../../coordinator/protocol/version.ts";
import { decodeFrame, encodeFrame, type Frame } from "../collective/frame.ts";
import type { RoundResult } from "../compute/computeWorker.ts";
import { ReplicaPool } from "../compute/replicaPool.ts";
import { RecordStore } from "../data/recordStore.ts";
import { Mesh } from "../link/mesh.ts";
import { type Training, train } from "../train/loop.ts";
import { Changes } from "./changes.ts";
import { CoordinatorConnection } from "./coordinatorConnection.ts";
import type { Platform } from "./platform.ts";
import { Session } from "./session.ts";
import type { JoinOptions, PeerStatus } from "./status.ts";
import { StatusBoard } from "./statusBoard.ts";

const HEARTBEAT_MS = 1000;

/** Why a peer's part in a run ended other than by its completion. */
export class PeerStopped extends Error {
  override readonly name = "PeerStopped";
  readonly stage: "left" | "refused" | "failed";

  constructor(stage: "left" | "refused" | "failed", message: string, options?: ErrorOptions) {
    super(message, options);
    this.stage = stage;
  }
}

type Welcome = Extract<CoordinatorMessage, { type: "welcome" }>;

/** One peer of one run, from the open link to the last round: joins what the coordinator, the mesh and the replica do. */
export class Peer {
  readonly #platform: Platform;
  readonly #options: JoinOptions;
  readonly #board: StatusBoard;
  readonly #connection: CoordinatorConnection;
  readonly #mesh: Mesh;
  readonly #changes = new Changes();
  readonly #stopped: Promise<never>;
  #stop: (error: PeerStopped) => void = () => undefined;
  #welcome: ((welcome: Welcome) => void) | undefined;
  #session: Session | undefined;
  #config: RunConfig | undefined;
  #bytesReported = 0;
  #finished = false;

  constructor(platform: Platform, options: JoinOptions, onStatus: (status: PeerStatus) => void) {
    this.#platform = platform;
    this.#options = options;
    this.#board = new StatusBoard({ name: options.name, workers: options.workers }, onStatus, platform.now);
    this.#stopped = new Promise((_, reject) => {
      this.#stop = reject;
    });
    this.#stopped.catch(() => undefined); // whoever runs the peer hears of it
    const url = new URL(paths.peer, options.origin.replace(/^http/, "ws"));
    this.#connection = new CoordinatorConnection(platform.openSocket(url.href), {
      onMessage: (message) => this.#handle(message),
      onRelayed: (peer, bytes) => this.#mesh.receiveRelayed(peer, bytes),
      onClosed: (why) => this.#halt("failed", why),
    });
    this.#mesh = new Mesh({
      createConnector: platform.createConnector,
      signal: (to, signal) => this.#connection.tell({ type: "signal", to, signal: signal as Record<string, unknown> }),
      relay: (peer, bytes) => this.#connection.relay(peer, bytes),
      onBytes: (_, bytes) => this.#session?.receive(decodeFrame(bytes)),
      onLink: (peer, state) => this.#linked(peer, state),
      after: (milliseconds, action) => setTimeout(action, milliseconds),
    });
  }

  /** Takes part until the run is complete. Throws `PeerStopped` when it ends otherwise. */
  async run(): Promise<void> {
    const beat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    try {
      await Promise.race([this.#takePart(), this.#stopped]);
      this.#board.update({ stage: "finished", sentence: "The run is complete. Thank you for taking part." });
    } catch (error) {
      const stage = error instanceof PeerStopped ? error.stage : "failed";
      const message = error instanceof Error ? error.message : String(error);
      this.#board.update({ stage, sentence: message });
      throw error instanceof PeerStopped ? error : new PeerStopped("failed", message, { cause: error });
    } finally {
      clearInterval(beat);
      this.#session?.close(new PeerStopped("left", "the peer has stopped"));
      this.#connection.close("the peer has stopped");
      this.#mesh.close();
      this.#platform.dispose();
    }
  }

  /** Leaves on purpose. */
  leave(): void {
    if (this.#finished) return;
    this.#connection.tell({ type: "leave", reason: "left" });
    this.#halt("left", "You have left the run. Your part went to the others; nothing was lost.");
  }

  setHidden(hidden: boolean): void {
    this.#board.update({ hidden });
    this.#beat();
  }

  async #takePart(): Promise<void> {
    const { name, token, origin } = this.#options;
    const { kind, device, fused, now } = this.#platform;
    const workers = await Promise.all(Array.from({ length: this.#options.workers }, () => this.#platform.createComputeWorker()));
    this.#board.update({ stage: "connecting", sentence: "Connecting to the coordinator." });
    const welcomed = new Promise<Welcome>((resolve) => {
      this.#welcome = resolve;
    });
    await this.#connection.opened();
    this.#connection.tell({ type: "hello", protocol: PROTOCOL_VERSION, token, name, kind, device, workers: workers.length, fused });
    const { peer, run, runName, config } = await welcomed;
    this.#config = config;
    this.#board.update({ runName, model: config.model, numerics: config.numerics, steps: config.steps });
    this.#board.progress({ connected: true });

    const replica = new ReplicaPool(workers);
    const info = await replica.create(config);
    this.#board.progress({ engine: true });
    const send = (to: number, frame: Frame) => this.#mesh.send(to, encodeFrame(frame));
    const session = new Session({
      run,
      self: peer,
      config,
      layoutOf: (kind) => info.layouts[kind],
      stateElements: info.stateElements,
      send,
    });
    this.#session = session;
    this.#board.update({ stage: "linking", sentence: "Waiting for a place in the run." });
    this.#connection.tell({ type: "ready", selfTest: info.selfTest, imagesPerSecond: info.imagesPerSecond });

    const counts = { train: config.dataset.trainRecords, test: config.dataset.testRecords };
    const onBytes = (bytes: number) => this.#board.progress({ dataBytes: this.#board.status.progress.dataBytes + bytes });
    const store = new RecordStore({ origin, token, counts, onBytes });
    const onRound: Training["onRound"] = (round, result, timing) => this.#report(round, result, timing);
    // Until the coordinator says that everyone is done, others may still need what this peer has.
    const finished = this.#changes.until(() => this.#finished);
    await Promise.race([train({ config, session, replica, store, now, onRound }), finished]);
    await finished;
  }

  #report(round: Round, { hash, metrics }: RoundResult, timing: Omit<RoundTiming, "bytesSent">): void {
    const bytesSent = this.#mesh.bytesSent - this.#bytesReported;
    this.#bytesReported = this.#mesh.bytesSent;
    const view = this.#session?.view;
    const slots = view?.slotHolders ?? [];
    const mine = slots.filter((holder) => holder === this.#session?.self).length;
    this.#connection.tell({ type: "done", view: view?.view ?? 0, round: round.round, hash, metrics, timing: { ...timing, bytesSent } });
    this.#board.update({
      share: slots.length === 0 ? 0 : mine / slots.length,
      bytesSent: this.#mesh.bytesSent,
      bytesReceived: this.#mesh.bytesReceived,
    });
    this.#board.round(round.kind === "train", round.step, hash, timing);
  }

  #handle(message: CoordinatorMessage): void {
    switch (message.type) {
      case "welcome":
        this.#welcome?.(message);
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
        break;
      case "views":
        this.#session?.adopt(message.views);
        break;
      case "permit":
        this.#session?.permit(message.through);
        break;
      case "swarm":
        this.#board.swarm(message);
        break;
      case "finished":
        this.#finished = true;
        this.#board.update({ hash: message.hash });
        this.#changes.notify();
        break;
      default:
        message satisfies never;
    }
  }

  #linked(peer: number, state: "direct" | "relayed" | "lost"): void {
    this.#connection.tell({ type: "link", peer, state });
    this.#session?.relinked(peer);
    const { linked, wanted } = this.#mesh.counts;
    this.#board.progress({ linked, toLink: wanted });
  }

  #beat(): void {
    if (this.#session === undefined || this.#config === undefined) return;
    const waitingFor = this.#session.waitingFor().slice(0, 200);
    this.#connection.tell({ type: "heartbeat", hidden: this.#board.status.hidden, round: this.#session.round ?? 0, waitingFor });
  }

  #halt(stage: PeerStopped["stage"], why: string): void {
    if (this.#finished) return;
    const error = new PeerStopped(stage, why);
    this.#session?.close(error);
    this.#stop(error);
  }
}
