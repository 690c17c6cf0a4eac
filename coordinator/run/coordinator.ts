import type { WebSocket } from "ws";
import type { Unreadable } from "../files/checkpoints.ts";
import type { DashboardSnapshot } from "../protocol/dashboard.ts";
import type { Hello, PeerMessage, ShownChunk, StateChunk } from "../protocol/messages.ts";
import { roundCount } from "../protocol/rounds.ts";
import type { PeerId } from "../protocol/view.ts";
import { advance } from "./advance.ts";
import { steadyNow } from "./clock.ts";
import { DashboardFeed } from "./dashboardFeed.ts";
import { DashboardSockets } from "./dashboardSockets.ts";
import { EventQueue } from "./eventQueue.ts";
import {
  type Arbitration,
  type Case,
  type Decision,
  type Effect,
  emptyMembership,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
  type Reason,
  type Replay,
} from "./membership.ts";
import { PeerSockets } from "./peerSockets.ts";
import type { RestoredState } from "./restoreState.ts";

const TICK_MS = 100;
const SWARM_NEWS_MS = 1000;
const DASHBOARD_INTERVAL_MS = 250;

export interface CoordinatorOptions extends MembershipOptions {
  readonly token: string;
  readonly joinUrl: string;
  readonly onCommit: (commit: Extract<Effect, { type: "commit" }>) => void;
  readonly onReason: (reason: Reason) => void;
  readonly onFinished: () => void;
  /** A chunk of a state for a checkpoint; `received` is to be called when the state is complete and safe, or turned out to be another. */
  readonly onState: (peer: PeerId, chunk: StateChunk, received: (result: { readonly round: number } | Unreadable) => void) => void;
  /** Peers need the state of a checkpoint: resolves, also when it cannot be read. */
  readonly onRestore: (round: number) => Promise<RestoredState>;
  /** Somebody has to compute what is disputed; the state that it is computed from comes by `onShown`. */
  readonly onArbitrate: (disputed: Case, decided: (result: Arbitration) => void) => void;
  /** A round has to be computed again, from a checkpoint or from the beginning. */
  readonly onReplay: (checkpoint: number | undefined, through: number, replayed: (result: Replay) => void) => void;
  readonly onShown: (peer: PeerId, chunk: ShownChunk) => void;
  /** What is known of the run from before; a new one begins with nothing. */
  readonly recovered?: Membership;
}

/** The edge around the decisions of `advance`: sockets and timers. It decides nothing itself. */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #feed: DashboardFeed;
  readonly #sockets: PeerSockets;
  readonly #dashboards: DashboardSockets;
  readonly #timers: NodeJS.Timeout[];
  readonly #events = new EventQueue<MembershipEvent>((event) => this.#decide(event));
  #membership: Membership;
  #closed = false;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#feed = new DashboardFeed(options.config, options.runName, options.joinUrl, steadyNow());
    this.#dashboards = new DashboardSockets(this.#feed);
    this.#sockets = new PeerSockets(options.token, {
      onHello: (hello, attach) => this.#greet(hello, attach),
      onMessage: (peer, message) => this.#hear(peer, message),
      onClosed: (peer, why) => this.#apply({ type: "lost", peer, why }),
    });
    this.#membership = options.recovered ?? emptyMembership;
    this.#timers = [
      setInterval(() => this.#apply({ type: "tick" }), TICK_MS),
      setInterval(() => this.#tellSwarm(), SWARM_NEWS_MS),
      setInterval(() => this.#dashboards.update(this.#membership, steadyNow()), DASHBOARD_INTERVAL_MS),
    ];
  }

  get membership(): Membership {
    return this.#membership;
  }

  get feed(): DashboardFeed {
    return this.#feed;
  }

  /** These files cannot be written because the disk is full; none: they can be again. */
  storage(stuck: readonly string[]): void {
    this.#apply({ type: "storage", stuck });
  }

  acceptPeer(socket: WebSocket): void {
    this.#sockets.accept(socket);
  }

  acceptDashboard(socket: WebSocket, showsLink: boolean): void {
    this.#dashboards.accept(socket, showsLink, this.#membership, steadyNow());
  }

  snapshot(showsLink: boolean): DashboardSnapshot {
    return this.#feed.snapshot(this.#membership, steadyNow(), showsLink);
  }

  close(reason: string): void {
    this.#closed = true; // what peers still say while their sockets close, they say again when the run goes on
    for (const timer of this.#timers) clearInterval(timer);
    this.#sockets.closeAll(reason);
    this.#dashboards.closeAll(reason);
  }

  #greet(hello: Hello, attach: (peer: PeerId) => void): void {
    attach(this.#membership.nextPeer);
    this.#apply({ type: "join", hello });
  }

  #hear(peer: PeerId, message: Exclude<PeerMessage, Hello>): void {
    switch (message.type) {
      case "ready":
        this.#apply({ type: "ready", peer, selfTest: message.selfTest, imagesPerSecond: message.imagesPerSecond });
        break;
      case "signal":
        this.#sockets.send(message.to, { type: "signal", from: peer, signal: message.signal });
        break;
      case "link":
        this.#apply({ type: "link", peer, other: message.peer, state: message.state });
        break;
      case "computed":
        this.#apply({ type: "computed", peer, round: message.round });
        break;
      case "done":
        this.#apply({ type: "done", peer, report: message });
        break;
      case "complain":
        this.#apply({ type: "complain", peer, about: message.about, why: message.why });
        break;
      case "suspect":
        this.#apply({ ...message, peer });
        break;
      case "state":
        this.#keep(peer, message);
        break;
      case "account":
        this.#apply({ type: "account", peer, inquiry: message.inquiry, account: message.account });
        break;
      case "recomputed":
        this.#apply({ type: "recomputed", peer, inquiry: message.inquiry, sums: message.sums });
        break;
      case "shown":
        this.#options.onShown(peer, message);
        break;
      case "heartbeat":
        this.#apply({ ...message, peer });
        break;
      case "stateLost":
        this.#apply({ type: "stateLost", peer, round: message.round, why: message.why });
        break;
      case "leave":
        this.#sockets.drop(peer, message.reason);
        break;
      default:
        message satisfies never;
    }
  }

  #apply(event: MembershipEvent): void {
    if (!this.#closed) this.#events.push(event);
  }

  #decide(event: MembershipEvent): void {
    const phase = this.#membership.phase;
    const decision: Decision = advance(this.#membership, event, steadyNow(), this.#options);
    this.#membership = decision.state;
    this.#feed.note(decision.reasons, steadyNow());
    for (const reason of decision.reasons) this.#options.onReason(reason);
    for (const effect of decision.effects) this.#perform(effect);
    if (phase !== "finished" && this.#membership.phase === "finished") {
      this.#dashboards.update(this.#membership, steadyNow());
      this.#options.onFinished();
    }
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "send":
        for (const peer of effect.to) this.#sockets.send(peer, effect.message);
        break;
      case "refuse":
        this.#sockets.refuse(effect.peer, effect.reason, effect.sentence);
        break;
      case "drop":
        this.#sockets.drop(effect.peer, effect.sentence);
        break;
      case "restore":
        void this.#options.onRestore(effect.round).then((state) => this.#restore(effect, state));
        break;
      case "arbitrate":
        this.#options.onArbitrate(effect.case, (result) => this.#apply({ type: "arbitrated", inquiry: effect.case.inquiry, result }));
        break;
      case "replay":
        this.#options.onReplay(effect.checkpoint, effect.through, (result) => this.#apply({ type: "replayed", result }));
        break;
      case "commit":
        this.#feed.commit(effect.report, effect.members.length, steadyNow());
        this.#options.onCommit(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  #tellSwarm(): void {
    const { peers, imagesPerSecond, round } = this.#feed.state(this.#membership, steadyNow());
    const rounds = roundCount(this.#options.config);
    for (const { peer } of peers)
      this.#sockets.send(peer, { type: "swarm", peers: peers.length, imagesPerSecond, round, rounds, ...this.#feed.latest() });
  }

  /** Nothing is kept but what was asked for, of whom it was asked. */
  #keep(peer: PeerId, chunk: StateChunk): void {
    const { saving } = this.#membership;
    if (saving?.peer !== peer || saving.round !== chunk.round) return;
    this.#options.onState(peer, chunk, (result) => {
      if ("round" in result) this.#apply({ type: "saved", round: result.round });
      else this.#sockets.drop(peer, `has to join again: ${result.failure}`);
    });
  }

  #restore({ to, round }: Extract<Effect, { type: "restore" }>, state: RestoredState): void {
    if ("failure" in state) this.#apply({ type: "unreadable", round, older: state.older, why: state.failure, to });
    else for (const peer of to) this.#sockets.sendInTurn(peer, state.chunks);
  }
}
