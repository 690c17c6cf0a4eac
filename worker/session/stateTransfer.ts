import type { StateChunk } from "../../coordinator/protocol/messages.ts";
import { COORDINATOR, type View } from "../../coordinator/protocol/view.ts";
import { type Frame, frameKinds, MalformedFrame } from "../collective/frame.ts";
import { MAX_SLICE_ELEMENTS } from "../collective/vectorLayout.ts";
import { CheckpointReceiver } from "./checkpointReceiver.ts";
import { StateDonor } from "./stateDonor.ts";
import { manifestElements, manifestOf } from "./stateManifest.ts";
import { StateReceiver } from "./stateReceiver.ts";

export interface StateTransferOptions {
  readonly run: number;
  readonly self: number;
  readonly stateElements: number;
  readonly send: (peer: number, frame: Frame) => void;
  /** Sends a state to the coordinator, for a checkpoint. */
  readonly save: (round: number, state: Int32Array) => void;
  /** Tells the coordinator what another peer has sent that cannot be. */
  readonly complain: (about: number, why: string) => void;
  /** Tells the coordinator that the state of that round cannot be had. */
  readonly stateLost: (round: number, why: string) => void;
  /** The state that this peer waits for is there, and right. */
  readonly onComplete: () => void;
  /** Whether nothing that was sent to this peer still waits for its turn. */
  readonly idle: (peer: number) => boolean;
  /** Milliseconds from any beginning. */
  readonly now: () => number;
  /** Runs when there is nothing more urgent to do. */
  readonly defer: (action: () => void) => void;
}

type Incoming = StateReceiver | CheckpointReceiver;

/** Frames about a state that come before the view that says so are kept: a donor may be faster than the coordinator. */
const MAX_EARLY = 16;

/** The states that this peer gets, gives and saves, while training goes on. */
export class StateTransfer {
  readonly #options: StateTransferOptions;
  readonly #donor: StateDonor;
  #incoming: Incoming | undefined;
  #early: Frame[] = [];
  #members: readonly number[] = [];
  #saveAt: number | undefined;

  constructor(options: StateTransferOptions) {
    this.#options = options;
    const { stateElements: elements, now, defer, idle } = options;
    this.#donor = new StateDonor({
      elements,
      now,
      defer,
      idle,
      members: () => this.#members,
      sendManifest: (to, round, manifest) => this.#send(to, { round, kind: frameKinds.manifest, elements: manifestElements(manifest) }),
      sendChunk: (to, round, index, chunk) => this.#send(to, { round, kind: frameKinds.state, index, elements: chunk }),
    });
  }

  /** What is on its way to this peer. */
  get incoming(): Incoming | undefined {
    return this.#incoming;
  }

  // As a donor.

  /** Whether somebody is to get the state that `round` begins with from this peer. */
  wanted(view: View | undefined, round: number): boolean {
    return this.#observersOf(view, round).length > 0 || this.#saveAt === round;
  }

  /** The state that `round` begins with: to be kept for observers, and saved if the coordinator has asked for it. */
  offer(view: View | undefined, round: number, state: Int32Array): void {
    if (this.#saveAt === round) this.#options.save(round, state);
    const observers = this.#observersOf(view, round);
    if (observers.length > 0) this.#donor.offer(round, state, observers);
  }

  saveAt(round: number): void {
    this.#saveAt = round;
  }

  /** Bytes to a peer have gone, so that the next ones may. */
  serve(): void {
    this.#donor.serve();
  }

  // As an observer.

  /** A newer view: whoever is to get a state waits for that one, and for no other. */
  adopt(view: View, began: boolean): void {
    this.#members = view.members.filter((peer) => peer !== this.#options.self);
    if (began) return;
    if (view.begins) this.#incoming = undefined;
    const mine = view.observers.find(({ peer }) => peer === this.#options.self);
    if (mine === undefined || mine.donors.length === 0) return;
    const lost = this.#incoming instanceof StateReceiver && this.#incoming.lost;
    if (this.#incoming?.round !== mine.stateOfRound || lost) this.#await(mine.stateOfRound, mine.donors.includes(COORDINATOR));
    if (!(this.#incoming instanceof StateReceiver)) return;
    this.#incoming.from(mine.donors);
    const early = this.#early;
    this.#early = [];
    for (const frame of early) this.#receiveEarly(frame);
  }

  /** It is held: the replica takes over. */
  begun(): void {
    this.#incoming = undefined;
    this.#early = [];
  }

  /** The journalled hash of the round before `round`. */
  expect(round: number, hash: string): void {
    if (this.#incoming?.round === round && this.#incoming instanceof StateReceiver) this.#incoming.expect(hash, this.#options.now());
  }

  /** A chunk from the coordinator's checkpoint. */
  receiveCheckpoint({ round, index, bytes }: Pick<StateChunk, "round" | "index" | "bytes">): void {
    if (this.#incoming?.round !== round || !(this.#incoming instanceof CheckpointReceiver)) return;
    this.#incoming.receive(index, new Int32Array(bytes.slice().buffer));
    if (this.#incoming.complete) this.#options.onComplete();
  }

  /** The run is at this round, too far ahead to follow from the state that is on its way; false when none is. */
  outrun(round: number): boolean {
    if (!(this.#incoming instanceof StateReceiver)) return false;
    this.#incoming.giveUp(`the run is at round ${round} already`);
    return true;
  }

  /** In words, for the dashboard. */
  waitingFor(): string {
    if (this.#incoming === undefined) return "a place in the run";
    const { held, chunks } = this.#incoming.progress;
    return `the state of round ${this.#incoming.round}: ${held} of ${chunks} chunks are here`;
  }

  /** A frame about a state, from another peer. */
  receive(frame: Frame, began: boolean): void {
    const { kind, round, sender, index, elements } = frame;
    const now = this.#options.now();
    if (kind === frameKinds.request) this.#donor.request(sender, round, [...elements]);
    else if (began) return;
    else if (this.#incoming?.round !== round) {
      if (kind === frameKinds.manifest) this.#early = [...this.#early, frame].slice(-MAX_EARLY);
    } else if (!(this.#incoming instanceof StateReceiver)) return;
    else if (kind === frameKinds.manifest) this.#incoming.hearManifest(sender, manifestOf(elements), now);
    else this.#incoming.hearChunk(sender, index, elements, now);
  }

  // As either.

  lose(peer: number): void {
    this.#donor.lose(peer);
    if (this.#incoming instanceof StateReceiver) this.#incoming.lose(peer, this.#options.now());
  }

  relinked(peer: number): void {
    this.#donor.relinked(peer);
    if (this.#incoming instanceof StateReceiver) this.#incoming.relinked(peer, this.#options.now());
  }

  tick(): void {
    this.#donor.tick();
    if (this.#incoming instanceof StateReceiver) this.#incoming.tick(this.#options.now());
  }

  /** Its link has no longer anything to do with it: what it says is wrong is complained of here. */
  #receiveEarly(frame: Frame): void {
    try {
      this.receive(frame, false);
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.#options.complain(frame.sender, error.message);
    }
  }

  #observersOf(view: View | undefined, round: number): number[] {
    const { self } = this.#options;
    const mine = (view?.observers ?? []).filter(
      ({ peer, donors, stateOfRound }) => peer !== self && stateOfRound === round && donors.includes(self),
    );
    return mine.map(({ peer }) => peer);
  }

  #await(round: number, fromCheckpoint: boolean): void {
    const { stateElements: elements, complain, stateLost, onComplete } = this.#options;
    if (fromCheckpoint) this.#incoming = new CheckpointReceiver(round, elements);
    else {
      this.#incoming = new StateReceiver({
        round,
        elements,
        request: (donor, chunks) => this.#send(donor, { round, kind: frameKinds.request, elements: Int32Array.from(chunks) }),
        complain,
        onComplete,
        onLost: (why) => stateLost(round, why),
      });
    }
  }

  #send(to: number, frame: Pick<Frame, "round" | "kind" | "elements"> & Partial<Frame>): void {
    const { run, self, send } = this.#options;
    send(to, { run, view: 0, index: 0, sender: self, coverage: new Uint32Array(0), ...frame });
  }
}

/** The messages that carry a state to the coordinator. */
export function* stateChunks(round: number, state: Int32Array): Generator<StateChunk> {
  const chunks = Math.ceil(state.length / MAX_SLICE_ELEMENTS);
  for (let index = 0; index < chunks; index++) {
    const elements = state.slice(index * MAX_SLICE_ELEMENTS, (index + 1) * MAX_SLICE_ELEMENTS);
    yield { type: "state", round, index, chunks, bytes: new Uint8Array(elements.buffer) };
  }
}
