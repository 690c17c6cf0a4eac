import { encodeMessage } from "../../coordinator/protocol/codec.ts";
import type { CoordinatorMessage, PeerMessage, StateChunk } from "../../coordinator/protocol/messages.ts";
import { roundCount } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { advance } from "../../coordinator/run/advance.ts";
import { EventQueue } from "../../coordinator/run/eventQueue.ts";
import {
  type Effect,
  emptyMembership,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
} from "../../coordinator/run/membership.ts";
import { recoveredMembership } from "../../coordinator/run/recovery.ts";
import { Expulsions } from "./expulsions.ts";
import { flattened } from "./flat.ts";
import { eventOf } from "./hear.ts";
import { checkDecision, checkRound, journalled, type Ledger } from "./invariants.ts";
import type { Lie } from "./lies.ts";
import { Links } from "./links.ts";
import type { Meter } from "./meter.ts";
import { type Port, portOf, VirtualNetwork } from "./network.ts";
import { afterFor, openSeat, type Seat } from "./seat.ts";
import { SimulatedArbiter } from "./simulatedArbiter.ts";
import { simulatedOptions } from "./simulatedConfig.ts";
import { SimulatedPeer } from "./simulatedPeer.ts";
import { type ReplicaKit, standIn } from "./standInReplica.ts";
import { VirtualTime } from "./virtualTime.ts";
import { heardByCoordinator, heardByPeer } from "./wire.ts";

const COMPUTE_MS = 20;
const HEARTBEAT_MS = 1000;
const TICK_MS = 100;

/**
 * The real decisions of the coordinator, real sessions and training loops, on a virtual clock and network. Every delay and every fault
 * follows from the seed, so a run that fails can be run again alone.
 */
export class Swarm {
  readonly time: VirtualTime;
  readonly seats: Seat[] = [];
  readonly ledger: Ledger = { hashes: new Map(), doneAt: new Map(), highest: { view: 0, committed: 0 } };
  readonly reasons: string[] = [];
  readonly expulsions = new Expulsions();
  options: MembershipOptions;
  membership: Membership = emptyMembership;
  /** Undefined while the coordinator is down. */
  #up = true;
  #checkpoint: { readonly round: number; readonly chunks: readonly StateChunk[] } | undefined;
  readonly network: VirtualNetwork;
  readonly coordinatorPort = portOf();
  /** What lies between two peers besides their own lines. */
  between: (from: Seat, to: Seat) => readonly Port[] = () => [];
  readonly #kit: ReplicaKit;
  readonly #byId = new Map<number, Seat>();
  readonly #links = new Links(this.coordinatorPort);
  readonly #arbiter: SimulatedArbiter;
  readonly events = new EventQueue<MembershipEvent>((event) => this.#decide(event));
  duplicate = 0;
  reorder = false;
  /** What one slot takes a peer that is not slow. */
  slotMs = () => COMPUTE_MS * (0.8 + 0.4 * this.time.random());
  /** For comparison: all are linked with all, and exchange directly, however many they are. */
  flat = false;
  /** Set where it is counted what goes over the network. */
  meter: Meter | undefined;
  /** Called when the first round is done by the first peer. */
  onFirst: () => void = () => undefined;
  /** What some peers make of their frames before they send them. */
  tamper: ((from: Seat, bytes: Uint8Array) => Uint8Array) | undefined;

  constructor(config: RunConfig, seed: number, minPeers: number, kit: ReplicaKit = standIn, auditShare = 0) {
    this.time = new VirtualTime(seed);
    this.network = new VirtualNetwork(this.time);
    this.#kit = kit;
    this.options = simulatedOptions(config, minPeers, { auditShare, auditSecret: `secret of seed ${seed}` });
    this.#arbiter = new SimulatedArbiter(config, kit, this.time, (inquiry, result) =>
      this.events.push({ type: "arbitrated", inquiry, result }),
    );
    this.#tick();
  }

  alive(): Seat[] {
    return this.seats.filter(({ alive }) => alive);
  }

  /** Somebody opens the link. */
  join(lie?: Lie): Seat {
    const seat = openSeat(lie !== undefined);
    const { config } = this.options;
    const peer = new SimulatedPeer(`P${this.seats.length + 1}`, {
      config,
      kit: this.#kit,
      now: () => seat.clock.offset + seat.clock.rate * this.time.now,
      after: (milliseconds, run) => afterFor(this.time, seat, milliseconds, run),
      computeMs: () => seat.slowness * this.slotMs(),
      tell: (message) => this.#tell(seat, message),
      sendFrame: (to, bytes, linked) => this.#sendFrame(seat, to, bytes, linked),
      onRound: (round, { hash }) => {
        if (this.ledger.hashes.size === 0) this.onFirst();
        if (!seat.hostile && !this.expulsions.forking) checkRound(this.ledger, peer.name, round, hash, this.time.now);
      },
      lie,
    });
    Object.assign(seat, { peer });
    this.seats.push(seat);
    this.#connect(seat);
    this.#beat(seat);
    return seat;
  }

  kill(seat: Seat): void {
    seat.alive = false;
    this.#disconnect(seat, "left without a word");
  }

  freeze(seat: Seat, milliseconds: number): void {
    seat.frozenUntil = Math.max(seat.frozenUntil, this.time.now + milliseconds);
  }

  /**
   * What is under way between two peers is lost, and what they send each other over this link from now on; each notices in its own time,
   * and goes on over the relay.
   */
  breakLink(a: Seat, b: Seat, noticesAfter: readonly [number, number] = [this.network.latency(), this.network.latency() * 20]): void {
    const [first, second] = [a.peer.id, b.peer.id];
    if (!this.#links.break(first, second)) return;
    for (const [seat, self, other, milliseconds] of [
      [a, first, second, noticesAfter[0]],
      [b, second, first, noticesAfter[1]],
    ] as const) {
      afterFor(this.time, seat, milliseconds, () => {
        if (seat.peer.id !== self) return;
        this.#links.notice(self, other);
        if (seat.connected) seat.peer.relinked(other);
      });
    }
  }

  /** The connection to the coordinator is lost; the peer comes back by itself. */
  cutSocket(seat: Seat): void {
    if (seat.connected) this.#disconnect(seat, "lost its connection");
    afterFor(this.time, seat, 200 + 300 * this.time.random(), () => this.#connect(seat));
  }

  /** The coordinator ends without a word, and comes back with what is on its disk. */
  crashCoordinator(milliseconds: number): void {
    if (!this.#up) return;
    this.#up = false;
    const kept = journalled(this.ledger, this.membership.committed - this.time.below(3)); // the journal's last lines had not reached the disk
    for (const seat of this.alive()) if (seat.connected) this.#disconnect(seat, undefined);
    this.#links.clear();
    this.time.after(milliseconds, () => {
      this.#up = true;
      this.membership = recoveredMembership(kept, this.#checkpoint?.round, roundCount(this.options.config));
      this.ledger.highest = { view: 0, committed: 0 };
      for (const seat of this.alive()) afterFor(this.time, seat, 500 * this.time.random(), () => this.#connect(seat));
    });
  }

  #decide(event: MembershipEvent): void {
    if (!this.#up) return;
    const decision = advance(this.membership, event, this.time.now, this.options);
    checkDecision(this.ledger, this.membership, decision.state);
    this.membership = decision.state;
    for (const { text } of decision.reasons) this.reasons.push(`${Math.round(this.time.now)} ms: ${text}`);
    for (const effect of decision.effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    if (effect.type === "send") {
      this.meter?.said(effect.message.type, effect.to.length, this.#sizeOf(effect.message));
      const message = heardByPeer(this.flat ? flattened(effect.message) : effect.message);
      for (const to of effect.to) this.#deliver(to, message);
    } else if (effect.type === "restore") {
      for (const chunk of this.#checkpoint?.chunks ?? []) for (const to of effect.to) this.#deliver(to, heardByPeer(chunk));
    } else if (effect.type === "arbitrate") this.#arbiter.decide(effect.case);
    else if (effect.type === "replay")
      this.#arbiter.replay(this.#checkpoint, effect.through, (result) => this.events.push({ type: "replayed", result }));
    else if (effect.type === "drop") {
      const seat = this.#seatOf(effect.peer);
      if (seat === undefined) return;
      this.expulsions.drop(seat, effect.sentence, this.membership.committed, this.tamper !== undefined);
      this.#drop(seat, effect.sentence);
    } else if (effect.type === "refuse") this.expulsions.refuse(effect.reason, effect.sentence);
  }

  /** To the coordinator it is gone; the peer hears of it when the way is free. */
  #drop(seat: Seat, why: string): void {
    const { id } = seat.peer;
    this.#byId.delete(id);
    this.events.push({ type: "lost", peer: id, why });
    this.network.carry(this.#links.down(id, seat), 0, () => {
      if (seat.connected && seat.peer.id === id) this.cutSocket(seat);
    });
  }

  #connect(seat: Seat): void {
    if (!seat.alive || seat.connected) return;
    const away = this.network.isSevered({ ports: [seat, this.coordinatorPort, seat] });
    if (!this.#up || away || this.membership.phase === "finished") {
      if (this.membership.phase !== "finished") afterFor(this.time, seat, 500, () => this.#connect(seat));
      return;
    }
    const id = this.membership.nextPeer;
    seat.connected = true;
    this.#byId.set(id, seat);
    this.events.push({ type: "join", hello: heardByCoordinator(seat.peer.hello()) });
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
    if (this.#byId.has(id) && this.#byId.get(id) !== seat) return; // the coordinator came back, and gave the number to another
    this.#byId.delete(id);
    if (why !== undefined) this.events.push({ type: "lost", peer: id, why });
  }

  #tell(seat: Seat, message: PeerMessage): void {
    const { id } = seat.peer;
    if (!seat.connected && message.type !== "ready") return;
    const bytes = this.#sizeOf(message);
    this.meter?.heard(message.type, bytes);
    const told = heardByCoordinator(message);
    this.network.carry(this.#links.up(id, seat), bytes, () => {
      if (this.#up && seat.connected && seat.peer.id === id) this.#hear(id, told);
    });
  }

  #hear(peer: number, message: PeerMessage): void {
    if (message.type === "shown") this.#arbiter.receive(peer, message);
    else if (message.type === "state") {
      this.#checkpoint = { round: message.round, chunks: [message] }; // the stand-in's state is one chunk
      this.events.push({ type: "saved", round: message.round });
    } else {
      const event = eventOf(peer, message);
      if (event !== undefined) this.events.push(event);
    }
  }

  #sendFrame(from: Seat, to: number, sent: Uint8Array, linked: boolean): void {
    const bytes = this.tamper?.(from, sent) ?? sent;
    const seat = this.#seatOf(to);
    if (seat === undefined) return;
    const sender = from.peer.id;
    const relayed = !(linked || this.flat) || this.#links.relays(sender, to);
    const way = this.#links.way(sender, to, relayed, () => ({
      name: `${sender}>${to}${relayed ? " relayed" : ""}`,
      ports: relayed ? [from, this.coordinatorPort, seat] : [from, ...this.between(from, seat), seat],
      inOrder: !this.reorder,
    }));
    this.meter?.frame(bytes.length, relayed);
    const copies = this.time.random() < this.duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.network.windows.carry(way, bytes.length, () => {
        const lost = !relayed && this.#links.broken(sender, to);
        const crashed = !from.alive && this.time.random() < 0.5;
        if (!lost && !crashed)
          afterFor(this.time, seat, 0, () => seat.connected && seat.peer.id === to && seat.peer.receive(bytes, sender));
      });
    }
  }

  #deliver(to: number, message: CoordinatorMessage): void {
    const seat = this.#seatOf(to);
    if (seat === undefined) return;
    this.network.carry(this.#links.down(to, seat), this.#sizeOf(message), () =>
      afterFor(this.time, seat, 0, () => seat.connected && seat.peer.id === to && seat.peer.hear(message)),
    );
  }

  #sizeOf(message: PeerMessage | CoordinatorMessage): number {
    return this.meter === undefined ? 0 : encodeMessage(message).length;
  }

  #beat(seat: Seat): void {
    afterFor(this.time, seat, HEARTBEAT_MS * (0.7 + 0.6 * this.time.random()), () => {
      if (seat.connected) seat.peer.beat();
      if (this.membership.phase !== "finished") this.#beat(seat);
    });
  }

  #tick(): void {
    this.time.afterAlone(TICK_MS, () => {
      this.events.push({ type: "tick" });
      if (this.membership.phase !== "finished") this.#tick();
    });
  }

  #seatOf(id: number): Seat | undefined {
    const seat = this.#byId.get(id);
    return seat?.alive && seat.connected && seat.peer.id === id ? seat : undefined;
  }
}
