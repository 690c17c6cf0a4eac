import type { Awaits } from "../../coordinator/protocol/messages.ts";
import { describeRound, type Round, roundCount } from "../../coordinator/protocol/rounds.ts";
import { type View, viewFor } from "../../coordinator/protocol/view.ts";
import { type Frame, frameKinds, MalformedFrame } from "../collective/frame.ts";
import { RoundExchange } from "../collective/roundExchange.ts";
import { awaitedPeers } from "./awaited.ts";
import { Changes } from "./changes.ts";
import { describeWait } from "./describeWait.ts";
import { planOf, sharesOf } from "./planOf.ts";
import type { SessionOptions } from "./sessionOptions.ts";
import { StateTransfer } from "./stateTransfer.ts";

/** The round to begin with, and the state it begins with: one that was received, the one that is held already, or the initial one. */
export interface Beginning {
  readonly round: number;
  readonly state: Int32Array | "held" | "initial";
}

/** Frames further ahead than this are refused: a permit never reaches so far beyond what a peer has done. */
const MAX_ROUNDS_AHEAD = 256;

/** Frames that come before it is known where this peer begins are kept: members may be faster than the coordinator. 64 MiB at most. */
const MAX_EARLY = 1024;

/**
 * This peer's place in the run: the views and permits it holds, the rounds in progress, and what it waits for.
 * The training loop asks it what to do next; messages and frames drive it; it knows neither sockets nor timers nor the engine.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #rounds: number;
  readonly #changes = new Changes();
  readonly #exchanges = new Map<number, RoundExchange>();
  readonly #started = new Map<number, Set<number>>();
  #views: View[] = [];
  #early: Frame[] = [];
  #coming: readonly View[] = [];
  #permitted = -1;
  #round: number | undefined;
  readonly #transfer: StateTransfer;

  constructor(options: SessionOptions) {
    this.#options = options;
    const send = (to: number, frame: Frame) => options.send([to], { ...frame, view: this.view?.view ?? 0 });
    this.#transfer = new StateTransfer({ ...options, send, onComplete: () => this.#changes.notify() });
    this.#rounds = roundCount(options.config);
  }

  get self(): number {
    return this.#options.self;
  }

  /** The round in progress; undefined before the first. */
  get round(): number | undefined {
    return this.#round;
  }

  /** The view that holds for the round in progress. */
  get view(): View | undefined {
    return viewFor(this.#views, this.#round ?? 0);
  }

  /** States that come and go: told what is news about them. */
  get transfer(): StateTransfer {
    return this.#transfer;
  }

  // What the training loop asks.

  /** Where to begin: with the initial state, with the one that the replica holds already, or with one that a donor sent. */
  async start(): Promise<Beginning> {
    await this.#changes.until(() => this.#beginning() !== undefined);
    const beginning = this.#beginning() as Beginning;
    this.#round = beginning.round;
    this.#transfer.begun();
    return beginning;
  }

  /** The next round, as soon as it may begin; undefined when the run is complete. */
  async begin(): Promise<Round | undefined> {
    const round = this.#round ?? 0;
    if (round >= this.#rounds) return undefined;
    await this.#changes.until(() => this.#permitted >= round && viewFor(this.#views, round) !== undefined);
    this.#replan(round);
    return describeRound(this.#options.config, round);
  }

  /** Whether somebody is to get the state that `round` begins with from this peer: an observer, or the coordinator for a checkpoint. */
  stateWanted(round: number): boolean {
    return this.#transfer.wanted(viewFor(this.#views, round), round);
  }

  /** A copy of the state that `round` begins with: it is sent while training goes on. */
  offerState(round: number, state: Int32Array): void {
    this.#transfer.offer(viewFor(this.#views, round), round, state);
  }

  /** Slots for this peer to compute in `round`: first those that the view gives it, then those of peers that are lost meanwhile. */
  async *work(round: Round): AsyncGenerator<number[], void, void> {
    const exchange = this.#exchange(round.round);
    const started = this.#startedIn(round.round);
    for (;;) {
      let slots: number[] = [];
      await this.#changes.until(() => {
        if (exchange.complete) return true;
        slots = this.#open(round);
        return slots.length > 0;
      });
      if (exchange.complete) return;
      for (const slot of slots) started.add(slot);
      yield slots;
    }
  }

  /** Whether this peer has computed all that it is to compute in `round`, and waits for others. */
  idle(round: Round): boolean {
    return !this.#exchange(round.round).complete && this.#open(round).length === 0;
  }

  contribute(round: Round, slots: readonly number[], vector: Int32Array): void {
    this.#exchange(round.round).contribute(slots, vector);
  }

  /** The sum of all slots, the same at every peer. */
  async reduced(round: Round): Promise<Int32Array> {
    const exchange = this.#exchange(round.round);
    await this.#changes.until(() => exchange.complete);
    return exchange.vector;
  }

  /** The round is applied. What it exchanged is kept for one more round: a peer that lags may still need it. */
  finish(round: Round): void {
    this.#round = round.round + 1;
    this.#options.keep?.(round, this.#exchange(round.round).evidence());
    for (const old of this.#exchanges.keys()) {
      if (old < round.round) {
        this.#exchanges.delete(old);
        this.#started.delete(old);
      }
    }
    this.#views = this.#views.filter(
      (view, i) => i === this.#views.length - 1 || view === viewFor(this.#views, round.round) || view.fromRound >= round.round,
    );
  }

  // What drives it.

  /**
   * Newer views. They may hold for the round in progress: a peer was lost, and its slots and slices are others' now. With `more` the rest
   * of them is still to come, and none counts before it is there.
   */
  adopt(part: readonly View[], more = false): void {
    const views = [...this.#coming, ...part];
    this.#coming = more ? views : [];
    if (more) return;
    this.#views.push(...views);
    for (const view of views) this.#prepare(view);
    const first = Math.min(...views.map(({ fromRound }) => fromRound));
    this.#receiveEarly();
    for (const round of this.#exchanges.keys()) if (round >= first) this.#replan(round);
    this.#changes.notify();
  }

  /** What there is to begin with, as soon as it is clear. */
  #beginning(): Beginning | undefined {
    const { incoming } = this.#transfer;
    if (incoming !== undefined) return incoming.complete ? { round: incoming.round, state: incoming.elements } : undefined;
    const first = this.#views.findLast(({ begins }) => begins);
    if (first === undefined || !first.members.includes(this.#options.self)) return undefined;
    const { fromRound: round } = first;
    if (round === 0) return { round, state: "initial" };
    if (round !== this.#options.offered)
      throw new Error(`the run goes on from round ${round}, and this peer has the state of ${this.#options.offered}`);
    return { round, state: "held" };
  }

  #prepare(view: View): void {
    if (this.#round === undefined && view.begins) this.#permitted = view.fromRound - 1;
    this.#transfer.adopt(view, this.#round !== undefined);
  }

  permit(through: number): void {
    this.#permitted = Math.max(this.#permitted, through);
    this.#changes.notify();
  }

  /** A frame from another peer. Throws `MalformedFrame` when it cannot belong to this run. */
  receive(frame: Frame): void {
    if (frame.run !== this.#options.run) throw new MalformedFrame(`the frame is of run ${frame.run}, this is run ${this.#options.run}`);
    if (frame.kind !== frameKinds.contribution && frame.kind !== frameKinds.reduced) {
      this.#transfer.receive(frame, this.#round !== undefined);
    } else {
      const begin = this.#round ?? this.#transfer.incoming?.round ?? this.#views.findLast(({ begins }) => begins)?.fromRound;
      if (begin === undefined && frame.round < this.#rounds) {
        this.#early = [...this.#early, frame].slice(-MAX_EARLY);
        return;
      }
      const earliest = Math.max(0, (begin ?? 0) - 1);
      if (frame.round < earliest) return; // long complete here
      if (frame.round > earliest + MAX_ROUNDS_AHEAD || frame.round >= this.#rounds) {
        if (frame.round < this.#rounds && this.#transfer.outrun(frame.round)) return; // the state came too late, not the frame too early
        throw new MalformedFrame(`round ${frame.round} is too far ahead of round ${earliest}`);
      }
      this.#exchange(frame.round).receive(frame);
    }
    this.#changes.notify();
  }

  /** Now it is known which rounds matter. Their links have no longer anything to do with it: what is wrong is complained of here. */
  #receiveEarly(): void {
    const early = this.#early;
    this.#early = [];
    for (const frame of early) {
      try {
        this.receive(frame);
      } catch (error) {
        if (!(error instanceof MalformedFrame)) throw error;
        this.#options.complain(frame.sender, error.message);
      }
    }
  }

  /** The way to a peer has changed, and what was under way on the old one may be lost: it is sent again. */
  relinked(peer: number): void {
    this.#transfer.relinked(peer);
    for (const exchange of this.#exchanges.values()) exchange.resend(peer);
  }

  /** Ends every wait with this error. */
  close(error: Error): void {
    this.#changes.fail(error);
  }

  /** Whom this peer waits for in the round in progress, now that its own slots are computed. */
  awaits(): Awaits | undefined {
    const [round, exchange] = [this.#round ?? 0, this.#exchanges.get(this.#round ?? 0)];
    if (this.view === undefined || exchange === undefined || round > this.#permitted || round >= this.#rounds) return undefined;
    return awaitedPeers({ self: this.self, view: this.view, slots: describeRound(this.#options.config, round).slots, exchange });
  }

  /** In words, for the dashboard. */
  waitingFor(): string {
    return describeWait({
      round: this.#round,
      rounds: this.#rounds,
      permitted: this.#permitted,
      state: this.#transfer.waitingFor(),
      exchange: this.#exchanges.get(this.#round ?? 0),
    });
  }

  #open(round: Round): number[] {
    const started = this.#startedIn(round.round);
    return this.#assigned(round).filter((slot) => !started.has(slot));
  }

  #assigned(round: Round): readonly number[] {
    const view = viewFor(this.#views, round.round);
    return view?.members.includes(this.#options.self) ? (sharesOf(view, round.slots).get(this.#options.self) ?? []) : [];
  }

  #startedIn(round: number): Set<number> {
    const started = this.#started.get(round) ?? new Set();
    this.#started.set(round, started);
    return started;
  }

  #exchange(round: number): RoundExchange {
    const known = this.#exchanges.get(round);
    if (known !== undefined) return known;
    const { run, self, config, layoutOf, send } = this.#options;
    const { kind, slots } = describeRound(config, round);
    const slotLimit = Math.floor(0x7fffffff / slots);
    const onReduced = () => this.#changes.notify();
    const exchange = new RoundExchange({ run, self, round, slots, layout: layoutOf(kind), slotLimit, send, onReduced });
    this.#exchanges.set(round, exchange);
    return exchange;
  }

  #replan(round: number): void {
    const view = viewFor(this.#views, round);
    if (view !== undefined) this.#exchange(round).replan(planOf(view, this.#options.self, describeRound(this.#options.config, round)));
  }
}
