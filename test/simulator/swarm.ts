import type { PeerMessage, StateChunk } from "../../coordinator/protocol/messages.ts";
import { roundCount } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { advance } from "../../coordinator/run/advance.ts";
import {
  type Effect,
  emptyMembership,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
} from "../../coordinator/run/membership.ts";
import { recoveredMembership } from "../../coordinator/run/recovery.ts";
import { checkDecision, checkRound, type Ledger } from "./invariants.ts";
import type { Lie } from "./lies.ts";
import { SimulatedArbiter } from "./simulatedArbiter.ts";
import { RUN, SimulatedPeer } from "./simulatedPeer.ts";
import { VirtualTime } from "./virtualTime.ts";

const COMPUTE_MS = 20;
const HEARTBEAT_MS = 1000;
const TICK_MS = 100;

interface Seat {
  readonly peer: SimulatedPeer;
  alive: boolean;
  connected: boolean;
  frozenUntil: number;
  slowness: number;
  /** A hostile peer: what it is proven to have done is no fault of the swarm's. */
  hostile: boolean;
}

/**
 * The real decisions of the coordinator, real sessions and training loops, on a virtual clock and network. Every delay and every fault
 * follows from the seed, so a run that fails can be run again alone.
 */
export class Swarm {
  readonly time: VirtualTime;
  readonly seats: Seat[] = [];
  readonly ledger: Ledger = { hashes: new Map(), highest: { view: 0, committed: 0 } };
  readonly reasons: string[] = [];
  /** Hostile peers that were dropped, and those that were not let in again. */
  readonly drops: { readonly name: string; readonly sentence: string; readonly round: number }[] = [];
  readonly refusals: string[] = [];
  /** A hostile owner tells peers different things: then honest ones end a round with other bits, and have to join again. */
  forking = false;
  victims = 0;
  readonly options: MembershipOptions;
  membership: Membership = emptyMembership;
  /** Undefined while the coordinator is down. */
  #up = true;
  #checkpoint: { readonly round: number; readonly chunks: readonly StateChunk[] } | undefined;
  readonly #arbiter: SimulatedArbiter;
  #lastAt = new Map<string, number>();
  duplicate = 0;
  reorder = false;

  constructor(config: RunConfig, seed: number, minPeers: number, auditShare: number) {
    this.time = new VirtualTime(seed);
    this.options = {
      config,
      run: RUN,
      runName: "simulated",
      iceServers: [],
      minPeers,
      maxPeers: 1024,
      silenceMs: 10_000,
      leaseMs: 300,
      checkpointMs: 2000,
      auditShare,
      auditSecret: `secret of seed ${seed}`,
    };
    this.#arbiter = new SimulatedArbiter(config, this.time, (inquiry, result) => this.apply({ type: "arbitrated", inquiry, result }));
    this.#tick();
  }

  alive(): Seat[] {
    return this.seats.filter(({ alive }) => alive);
  }

  /** Somebody opens the link. */
  join(lie?: Lie): void {
    const seat: Seat = { alive: true, connected: false, frozenUntil: 0, slowness: 1, hostile: lie !== undefined } as Seat;
    const { config } = this.options;
    const peer = new SimulatedPeer(`P${this.seats.length + 1}`, {
      config,
      now: () => this.time.now,
      after: (milliseconds, run) => this.#after(seat, milliseconds, run),
      computeMs: () => COMPUTE_MS * seat.slowness * (0.8 + 0.4 * this.time.random()),
      tell: (message) => this.#tell(seat, message),
      sendFrame: (to, bytes) => this.#sendFrame(seat, to, bytes),
      onRound: (round, { hash }) => seat.hostile || this.forking || checkRound(this.ledger, peer.name, round, hash),
      lie,
    });
    Object.assign(seat, { peer });
    this.seats.push(seat);
    this.#connect(seat);
    this.#beat(seat);
  }

  kill(seat: Seat): void {
    seat.alive = false;
    this.#disconnect(seat, "left without a word");
  }

  freeze(seat: Seat, milliseconds: number): void {
    seat.frozenUntil = Math.max(seat.frozenUntil, this.time.now + milliseconds);
  }

  /** What is under way between two peers is lost; both notice, one after the other. */
  breakLink(a: Seat, b: Seat): void {
    const [first, second] = [a.peer.id, b.peer.id];
    this.#epochs.set(pairOf(first, second), (this.#epochs.get(pairOf(first, second)) ?? 0) + 1);
    this.#after(a, this.#latency(), () => a.connected && a.peer.id === first && a.peer.relinked(second));
    this.#after(b, this.#latency() * 20, () => b.connected && b.peer.id === second && b.peer.relinked(first));
  }

  /** The connection to the coordinator is lost; the peer comes back by itself. */
  cutSocket(seat: Seat): void {
    if (seat.connected) this.#disconnect(seat, "lost its connection");
    this.#after(seat, 200 + 300 * this.time.random(), () => this.#connect(seat));
  }

  /** The coordinator ends without a word, and comes back with what is on its disk. */
  crashCoordinator(milliseconds: number): void {
    if (!this.#up) return;
    this.#up = false;
    const entries = Array.from({ length: this.membership.committed }, (_, round) => ({
      round,
      hash: this.ledger.hashes.get(round) as string,
    }));
    const lost = Math.min(this.time.below(3), entries.length); // the journal's last lines had not reached the disk
    const kept = entries.slice(0, entries.length - lost);
    for (const seat of this.alive()) if (seat.connected) this.#disconnect(seat, undefined);
    this.time.after(milliseconds, () => {
      this.#up = true;
      this.membership = recoveredMembership(kept, this.#checkpoint?.round, roundCount(this.options.config));
      this.ledger.highest = { view: 0, committed: 0 };
      for (const seat of this.alive()) this.#after(seat, 500 * this.time.random(), () => this.#connect(seat));
    });
  }

  apply(event: MembershipEvent): void {
    this.#events.push(event);
    if (this.#events.length > 1) return;
    for (let next = this.#events[0]; next !== undefined; next = this.#events[0]) {
      this.#decide(next);
      this.#events.shift();
    }
  }

  #decide(event: MembershipEvent): void {
    if (!this.#up) return;
    const decision = advance(this.membership, event, this.time.now, this.options);
    checkDecision(this.ledger, this.membership, decision.state);
    this.membership = decision.state;
    this.reasons.push(...decision.reasons.map(({ text }) => `${Math.round(this.time.now)} ms: ${text}`));
    for (const effect of decision.effects) this.#perform(effect);
  }

  readonly #events: MembershipEvent[] = [];
  readonly #epochs = new Map<string, number>();

  #perform(effect: Effect): void {
    if (effect.type === "send") {
      for (const to of effect.to)
        this.#deliver(`c>${to}`, this.#seatOf(to), (seat) => seat.peer.id === to && seat.peer.hear(effect.message));
    } else if (effect.type === "restore") {
      for (const chunk of this.#checkpoint?.chunks ?? []) {
        for (const to of effect.to) this.#deliver(`c>${to}`, this.#seatOf(to), (seat) => seat.peer.id === to && seat.peer.hear(chunk));
      }
    } else if (effect.type === "arbitrate") this.#arbiter.decide(effect.case);
    else if (effect.type === "replay")
      this.#arbiter.replay(this.#checkpoint, effect.through, (result) => this.apply({ type: "replayed", result }));
    else if (effect.type === "drop") {
      const seat = this.#seatOf(effect.peer);
      if (seat === undefined) return;
      if (seat.hostile) this.drops.push({ name: seat.peer.name, sentence: effect.sentence, round: this.membership.committed });
      else if (this.forking && /ended round/.test(effect.sentence)) this.victims++;
      else if (!/was silent|fell too far behind|got no further/.test(effect.sentence)) throw new Error(effect.sentence);
      this.cutSocket(seat);
    } else if (effect.type === "refuse") {
      if (effect.reason !== "cool-down") throw new Error(effect.sentence);
      this.refusals.push(effect.sentence);
    }
  }

  #connect(seat: Seat): void {
    if (!seat.alive || seat.connected) return;
    if (!this.#up || this.membership.phase === "finished") {
      if (this.membership.phase !== "finished") this.#after(seat, 500, () => this.#connect(seat));
      return;
    }
    const id = this.membership.nextPeer;
    seat.connected = true;
    this.apply({ type: "join", hello: seat.peer.hello() });
    if (!this.membership.peers.has(id)) {
      Object.assign(seat, { connected: false, alive: false }); // it was not let in, and gives up
      return;
    }
    seat.peer.connect(id);
  }

  #disconnect(seat: Seat, why: string | undefined): void {
    const { id } = seat.peer;
    seat.connected = false;
    seat.peer.disconnect();
    if (why !== undefined) this.apply({ type: "lost", peer: id, why });
  }

  #tell(seat: Seat, message: PeerMessage): void {
    const { id } = seat.peer;
    if (!seat.connected && message.type !== "ready") return;
    this.#inOrder(`${id}>c`, () => this.#up && seat.connected && seat.peer.id === id && this.#hear(id, message));
  }

  #hear(peer: number, message: PeerMessage): void {
    if (message.type === "ready") this.apply({ ...message, type: "ready", peer });
    else if (message.type === "link") this.apply({ type: "link", peer, other: message.peer, state: message.state });
    else if (message.type === "computed") this.apply({ type: "computed", peer, round: message.round });
    else if (message.type === "done") this.apply({ type: "done", peer, report: message });
    else if (message.type === "heartbeat") this.apply({ type: "heartbeat", peer, hidden: false, waitingFor: message.waitingFor });
    else if (message.type === "account" || message.type === "recomputed" || message.type === "complain") this.apply({ ...message, peer });
    else if (message.type === "shown") this.#arbiter.receive(peer, message);
    else if (message.type === "state") {
      this.#checkpoint = { round: message.round, chunks: [message] }; // the stand-in's state is one chunk
      this.apply({ type: "saved", round: message.round });
    }
  }

  #sendFrame(from: Seat, to: number, bytes: Uint8Array): void {
    const seat = this.#seatOf(to);
    if (seat === undefined) return;
    const pair = pairOf(from.peer.id, to);
    const epoch = this.#epochs.get(pair) ?? 0;
    const [sender, copies] = [from.peer.id, this.time.random() < this.duplicate ? 2 : 1];
    for (let copy = 0; copy < copies; copy++) {
      const arrive = () => {
        const lost = epoch !== (this.#epochs.get(pair) ?? 0);
        const crashed = !from.alive && this.time.random() < 0.5;
        if (!lost && !crashed)
          this.#after(seat, 0, () => seat.connected && seat.peer.id === to && seat.peer.receive(bytes.slice(), sender));
      };
      if (this.reorder) this.time.after(this.#latency() * (1 + 10 * this.time.random()), arrive);
      else this.#inOrder(`${sender}>${to}`, arrive);
    }
  }

  #deliver(key: string, seat: Seat | undefined, hear: (seat: Seat) => void): void {
    if (seat !== undefined) this.#inOrder(key, () => this.#after(seat, 0, () => seat.connected && hear(seat)));
  }

  /** After some latency, but not before what was sent earlier on the same way. */
  #inOrder(key: string, run: () => void): void {
    const at = Math.max(this.#lastAt.get(key) ?? 0, this.time.now + this.#latency());
    this.#lastAt.set(key, at);
    this.time.after(at - this.time.now, run);
  }

  #latency(): number {
    return 0.5 + 4 * this.time.random() ** 4;
  }

  /** For a peer that is frozen, everything waits until it goes on. */
  #after(seat: Seat, milliseconds: number, run: () => void): void {
    const due = Math.max(this.time.now + milliseconds, seat.frozenUntil);
    const go = () => {
      if (!seat.alive) return;
      if (seat.frozenUntil > this.time.now) this.#after(seat, seat.frozenUntil - this.time.now, run);
      else run();
    };
    if (milliseconds === 0 && due === this.time.now) go();
    else this.time.after(due - this.time.now, go);
  }

  #beat(seat: Seat): void {
    this.#after(seat, HEARTBEAT_MS, () => {
      if (seat.connected) seat.peer.beat();
      if (this.membership.phase !== "finished") this.#beat(seat);
    });
  }

  #tick(): void {
    this.time.after(TICK_MS, () => {
      this.apply({ type: "tick" });
      if (this.membership.phase !== "finished") this.#tick();
    });
  }

  #seatOf(id: number): Seat | undefined {
    return this.seats.find(({ alive, connected, peer }) => alive && connected && peer.id === id);
  }
}

const pairOf = (a: number, b: number): string => `${Math.min(a, b)}-${Math.max(a, b)}`;
