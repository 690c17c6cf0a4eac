import type { CoordinatorMessage, Hello, PeerMessage } from "../../coordinator/protocol/messages.ts";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { PROTOCOL_VERSION } from "../../coordinator/protocol/version.ts";
import { decodeFrame, encodeFrame, type Frame, MalformedFrame } from "../../worker/collective/frame.ts";
import type { RoundResult } from "../../worker/compute/computeWorker.ts";
import { Auditing } from "../../worker/session/auditing.ts";
import { Session } from "../../worker/session/session.ts";
import { stateChunks } from "../../worker/session/stateTransfer.ts";
import { train } from "../../worker/train/loop.ts";
import type { Lie } from "./lies.ts";
import { RUN } from "./simulatedConfig.ts";
import { type ReplicaKit, STAND_IN_STATE, type StandInReplica } from "./standInReplica.ts";

const TRANSFER_TICK_MS = 250;

/** What a peer needs of the simulated world. */
export interface World {
  readonly config: RunConfig;
  readonly kit: ReplicaKit;
  readonly now: () => number;
  /** Runs when so much virtual time has passed, for this peer: a frozen one waits longer. */
  readonly after: (milliseconds: number, run: () => void) => void;
  readonly computeMs: () => number;
  readonly tell: (message: PeerMessage) => void;
  /** Over a link, or without one by way of the coordinator. */
  readonly sendFrame: (to: number, bytes: Uint8Array, linked: boolean) => void;
  readonly onRound: (round: number, result: RoundResult) => void;
  readonly lie?: Lie | undefined;
}

type Report = NonNullable<Hello["resume"]>["reports"][number];

/** A real session and a real training loop around a stand-in replica: one connection after another, as a tab would. */
export class SimulatedPeer {
  readonly name: string;
  slotsComputed = 0;
  id = 0;
  session: Session | undefined;
  refused: string | undefined;
  #auditing: Auditing | undefined;
  readonly #unheard = new Set<number>();
  readonly #store = { records: (_: string, indices: Int32Array) => Promise.resolve(new Uint8Array(indices.length)) } as never;
  finished = false;
  readonly #world: World;
  readonly #replica: StandInReplica;
  readonly #links = new Set<number>();
  readonly #gone = new Set<number>();
  #reports: Report[] = [];
  #stopped: Promise<void> = Promise.resolve();

  constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
    const onCompute = (_: number, slots: readonly number[]): Promise<void> => {
      this.slotsComputed += slots.length;
      return new Promise((resolve) => world.after(slots.length * world.computeMs(), resolve));
    };
    this.#replica = world.kit.create(world.config, onCompute, world.lie?.key);
  }

  hello(): Hello {
    const last = this.#reports.at(-1);
    const resume = last === undefined ? undefined : { run: RUN, round: last.round + 1, reports: [...this.#reports] };
    return {
      type: "hello",
      protocol: PROTOCOL_VERSION,
      token: "t",
      name: this.name,
      kind: "node",
      device: "",
      workers: 1,
      fused: true,
      identity: Buffer.from(this.name).toString("hex").padStart(32, "0"),
      resume,
    };
  }

  /** A new connection, under a new number. */
  connect(id: number): void {
    this.id = id;
    this.#links.clear();
    this.#gone.clear(); // a coordinator that was ended gives the same numbers again
    this.#unheard.clear();
    const offered = this.hello().resume?.round;
    const { config, lie } = this.#world;
    const layoutOf = (kind: "train" | "evaluate") => this.#world.kit.layouts[kind];
    const tell = (message: PeerMessage) => this.#tellOn(session, falsified(message, lie));
    const auditing = new Auditing({ config, layoutOf, replica: this.#replica, store: this.#store, tell });
    const session = new Session({
      run: RUN,
      self: id,
      config: this.#world.config,
      layoutOf,
      stateElements: STAND_IN_STATE,
      offered,
      send: (peers, frame) => this.#send(peers, frame),
      keep: (round, evidence) => auditing.keep(round, evidence),
      save: (round, state) => {
        for (const chunk of stateChunks(round, state)) this.#world.tell(chunk);
      },
      complain: (about, why) => this.#world.tell({ type: "complain", about, why }),
      stateLost: (round, why) => this.#world.tell({ type: "stateLost", round, why }),
      idle: () => true,
      now: this.#world.now,
      defer: (action) => this.#world.after(0, action),
    });
    this.session = session;
    this.#auditing = auditing;
    this.#lookAfterTransfers(session);
    const before = this.#stopped;
    this.#stopped = before
      .then(() => this.#train(session, auditing))
      .catch((error: unknown) => {
        if (!(error instanceof Disconnected)) throw error;
      });
    this.#world.tell({ type: "ready", selfTest: "00000000000000aa", imagesPerSecond: 200 });
  }

  disconnect(): void {
    this.session?.close(new Disconnected("disconnected"));
    this.session = undefined;
  }

  hear(message: CoordinatorMessage): void {
    const { session } = this;
    if (message.type === "audit" || message.type === "inquire" || message.type === "show" || message.type === "settled")
      this.#auditing?.hear(message);
    else if (message.type === "refused") this.refused = message.sentence;
    else if (message.type === "views") session?.adopt(message.views, message.more);
    else if (message.type === "permit") session?.permit(message.through);
    else if (message.type === "finished") this.finished = true;
    else if (message.type === "save") session?.transfer.saveAt(message.round);
    else if (message.type === "state") session?.transfer.receiveCheckpoint(message);
    else if (message.type === "stateHash") session?.transfer.expect(message.round, message.hash);
    else if (message.type === "gone") {
      this.#gone.add(message.peer);
      session?.transfer.lose(message.peer);
    } else if (message.type === "connect") {
      this.#links.add(message.peer);
      this.#world.tell({ type: "link", peer: message.peer, state: "direct" });
    }
  }

  receive(bytes: Uint8Array, from: number): void {
    if (this.#unheard.has(from)) return;
    try {
      this.session?.receive(decodeFrame(bytes));
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.#unheard.add(from);
      this.#world.tell({ type: "complain", about: from, why: error.message });
    }
  }

  /** The link to a peer broke, and is replaced by the relay. */
  relinked(peer: number): void {
    this.session?.relinked(peer);
    this.#world.tell({ type: "link", peer, state: "relayed" });
  }

  beat(): void {
    if (this.session !== undefined) {
      this.#world.tell({
        type: "heartbeat",
        hidden: false,
        round: this.session.round ?? 0,
        waitingFor: this.session.waitingFor().slice(0, 200),
        chunks: this.session.transfer.incoming?.progress.held,
        awaits: this.session.awaits(),
      });
    }
  }

  #send(peers: readonly number[], frame: Frame): void {
    const { lie, sendFrame } = this.#world;
    const lieTo = lie?.frame;
    const bytes = lieTo === undefined ? encodeFrame(frame) : undefined;
    for (const to of peers) {
      const told = bytes ?? encoded(lieTo?.(frame, to));
      if (told !== undefined && !this.#gone.has(to)) sendFrame(to, told, this.#links.has(to));
    }
  }

  #lookAfterTransfers(session: Session): void {
    this.#world.after(TRANSFER_TICK_MS, () => {
      if (this.session !== session || this.finished) return;
      session.transfer.tick();
      this.#lookAfterTransfers(session);
    });
  }

  async #train(session: Session, { auditor }: Auditing): Promise<void> {
    const { config, now } = this.#world;
    await train({
      config,
      session: this.#world.lie === undefined ? session : lying(session, this.#world.lie),
      replica: this.#replica as never,
      store: this.#store,
      auditor,
      now,
      onReplace: () => {
        this.#reports = [];
      },
      onComputed: ({ round }) => this.#tellOn(session, { type: "computed", round }),
      onRound: ({ round }, result, timing) => {
        this.#remember({ round, ...result });
        this.#world.onRound(round, result);
        this.#tellOn(session, { type: "done", view: session.view?.view ?? 0, round, ...result, timing: { ...timing, bytesSent: 0 } });
      },
    });
  }

  #remember(report: Report): void {
    const reports = this.#reports;
    while ((reports.at(-1)?.round ?? -1) >= report.round) reports.pop();
    reports.push(report);
    if (reports.length > 64) reports.shift();
  }

  #tellOn(session: Session, message: PeerMessage): void {
    if (this.session === session) this.#world.tell(message);
  }
}

const encoded = (frame: Frame | undefined): Uint8Array | undefined => (frame === undefined ? undefined : encodeFrame(frame));

class Disconnected extends Error {}

/** A session that contributes something else than it is given, or gives something else than it has reduced. */
function lying(session: Session, { contribution = asItIs, total = asItIs }: Lie): Session {
  return new Proxy(session, {
    get: (target, name) => {
      if (name === "contribute") {
        return (...[round, slots, vector]: Parameters<Session["contribute"]>) => target.contribute(round, slots, contribution(vector));
      }
      if (name === "reduced") return async (round: Round) => total(await target.reduced(round), round.round);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const asItIs = (vector: Int32Array): Int32Array => vector;

const falsified = (message: PeerMessage, lie: Lie | undefined): PeerMessage =>
  message.type === "recomputed" && lie?.recomputed !== undefined ? { ...message, sums: lie.recomputed(message.sums) } : message;
