import { checkFrame } from "./checkFrame.ts";
import { allSlots, type Coverage, coverageOf, isSame, slotsIn, union } from "./coverage.ts";
import { type Frame, frameKinds } from "./frame.ts";
import { type Piece, SliceAssembly } from "./sliceAssembly.ts";
import { type RoundPlan, type Topology, topologyOf } from "./topology.ts";
import { merge, type Slice, slicesOf, type VectorLayout } from "./vectorLayout.ts";

export interface RoundExchangeOptions {
  readonly run: number;
  readonly self: number;
  readonly round: number;
  readonly slots: number;
  readonly layout: VectorLayout;
  /** What a slot adds to an element of the sum part is at most ± this: so no sum over all slots overflows. Without it, anything goes. */
  readonly slotLimit?: number | undefined;
  /** The same frame to each of these: it has to be encoded only once. */
  readonly send: (peers: readonly number[], frame: Frame) => void;
  /** Called once, when every slice is reduced. */
  readonly onReduced: () => void;
}

/** What a peer has to show of a round. */
export interface Evidence {
  readonly own: readonly Piece[];
  /** By slice: the pieces that it summed, as the owner or as its row's aggregator. */
  readonly summed: ReadonlyMap<number, readonly Piece[]>;
  /** Those of them that are contributions, and not sums of rows. */
  readonly contributed: ReadonlyMap<number, readonly Piece[]>;
  /** By slice: the sum of its row that it sent on. */
  readonly aggregated: ReadonlyMap<number, Piece>;
  readonly reduced: Int32Array;
}

/**
 * One exact all-reduce at one peer. Reduce-scatter: every peer sends slice j of its contribution on its way to owner(j), who waits until
 * each slot is covered once. Then all-gather: the reduced slice goes to everyone. The ways are the topology's: to and from the owner
 * directly, or by way of an aggregator of the peer's row.
 *
 * - Communication steps: 2 directly, 4 on two levels
 * - Bytes sent in all: 2 · (P−1) · S for P peers and a vector of S bytes, in either case
 *
 * Nothing here waits: it is driven by `replan`, `contribute` and `receive`, in any order and any number of times. A new plan in
 * the middle of a round (a peer was lost) sends what was kept along the new ways; whatever arrives twice changes nothing.
 */
export class RoundExchange {
  readonly #options: RoundExchangeOptions;
  readonly #slices: readonly Slice[];
  readonly #own: Piece[] = [];
  #shown: Piece[] = [];
  #summed = new Map<number, readonly Piece[]>();
  #aggregated = new Map<number, Piece>();
  /** Totals from elsewhere than they are to come from: they count only if a repair has changed that. */
  #early: Frame[] = [];
  readonly #assemblies: SliceAssembly[];
  readonly #reduced: Int32Array;
  readonly #known: boolean[];
  /** By slice: to whom this peer has handed on the sum. */
  readonly #told: (readonly number[])[];
  /** By slice: what this peer has brought together and sent on, and to whom. */
  readonly #sentOn: (Destination | undefined)[];
  readonly #all: Coverage;
  #unknown: number;
  #arrived = 0;
  #view = 0;
  #topology: Topology | undefined;
  #intact = true;

  constructor(options: RoundExchangeOptions) {
    this.#options = options;
    this.#slices = slicesOf(options.layout.length);
    this.#assemblies = this.#slices.map(() => new SliceAssembly(options.slots));
    this.#reduced = new Int32Array(options.layout.length);
    this.#known = this.#slices.map(() => false);
    this.#told = this.#slices.map(() => []);
    this.#sentOn = this.#slices.map(() => undefined);
    this.#all = allSlots(options.slots);
    this.#unknown = this.#slices.length;
  }

  get complete(): boolean {
    return this.#unknown === 0;
  }

  /** Pieces and totals that were news here: the count grows as long as they come. */
  get arrived(): number {
    return this.#arrived;
  }

  /** The sum of all contributions; to be read when complete. */
  get vector(): Int32Array {
    return this.#reduced;
  }

  /** Slots that some slice of this peer's still waits for. */
  missingSlots(): number[] {
    const missing = this.#slices.map((_, j) => this.#missing(j));
    return slotsIn(missing.reduce(union, nothing(this.#options.slots)), this.#options.slots);
  }

  /** Who has not sent what some slice of this peer's still waits for, when `holder` computes each slot: its contribution, or a row's sum. */
  missingSenders(holder: (slot: number) => number): { readonly contributions: number[]; readonly sums: number[] } {
    const topology = this.#topology;
    if (topology === undefined) return { contributions: [], sums: [] };
    const senders = this.#slices.flatMap((_, j) =>
      slotsIn(this.#missing(j), this.#options.slots).map((slot) => topology.source(j, holder(slot))),
    );
    const once = [...new Set(senders)];
    return { contributions: once.filter(topology.contributes), sums: once.filter((sender) => !topology.contributes(sender)) };
  }

  /** Peers whose reduced slices this peer still waits for. */
  missingOwners(): number[] {
    return [...new Set(this.#slices.flatMap((_, j) => (this.#known[j] ? [] : (this.#topology?.upstream(j) ?? []))))];
  }

  #missing(j: number): Coverage {
    const gathered = this.#topology?.gathered(j);
    return gathered === undefined || this.#known[j] ? nothing(this.#options.slots) : this.#assemblies[j].missing(gathered);
  }

  /** The plan of the view that now holds for this round. */
  replan(plan: RoundPlan): void {
    const before = this.#topology;
    const topology = topologyOf(plan, this.#options.self, this.#all);
    this.#topology = topology;
    this.#view = plan.view;
    this.#intact = plan.intact ?? false;
    this.#slices.forEach((_, j) => {
      const moved = before === undefined || before.upstream(j) !== topology.upstream(j) || gathers(before, j) !== gathers(topology, j);
      if (moved) this.#handOver(j);
      else this.#finish(j);
      // An owner that stays has told everyone; of two levels, the way down from it may be another one.
      if (moved || plan.rows !== undefined) this.#announce(j);
    });
    for (const frame of this.#early.splice(0)) this.#hearReduced(frame);
  }

  /** This peer's sum over `slots`, each of which it contributes once. The vector is kept, not copied. */
  contribute(slots: readonly number[], vector: Int32Array): void {
    if (vector.length !== this.#options.layout.length) {
      throw new RangeError(`a contribution has ${this.#options.layout.length} elements, this one has ${vector.length}`);
    }
    const piece = { sender: this.#options.self, coverage: coverageOf(this.#options.slots, slots), elements: vector };
    this.#own.push(piece);
    this.#shown.push(piece);
    const first = this.#topology?.first ?? 0;
    this.#slices.forEach((_, j) => {
      this.#contributeSlice((first + j) % this.#slices.length, piece);
    });
  }

  /** Sends a peer again all that it was sent: the link that carried it has failed. */
  resend(peer: number): void {
    this.#slices.forEach((_, j) => {
      if (this.#told[j].includes(peer)) this.#send([peer], frameKinds.reduced, j, noSlots, this.#sliceOf(j));
      else if (this.#topology?.upstream(j) === peer) {
        this.#sentOn[j] = undefined;
        this.#handOver(j);
      }
    });
  }

  /** A frame of this round from another peer. Throws `MalformedFrame` when it cannot be part of it. */
  receive(frame: Frame): void {
    checkFrame(frame, this.#slices, this.#options);
    const { kind, index, sender, coverage, elements } = frame;
    if (kind === frameKinds.reduced) this.#hearReduced(frame);
    else this.#add(index, { sender, coverage, elements });
  }

  /** What an account of this round is made from. It is handed over: the exchange itself needs it no longer. */
  evidence(): Evidence {
    const { contributes = () => true } = this.#topology ?? {};
    const contributed = new Map([...this.#summed].map(([j, pieces]) => [j, pieces.filter(({ sender }) => contributes(sender))]));
    const evidence = { own: this.#shown, summed: this.#summed, contributed, aggregated: this.#aggregated, reduced: this.#reduced };
    this.#shown = [];
    this.#summed = new Map();
    this.#aggregated = new Map();
    return evidence;
  }

  #contributeSlice(j: number, piece: Piece): void {
    if (this.#topology === undefined || this.#known[j]) return;
    const upstream = this.#topology.upstream(j);
    const { begin, end } = this.#slices[j];
    const elements = piece.elements.subarray(begin, end);
    if (upstream === undefined || this.#topology.gathered(j) !== undefined) this.#add(j, { ...piece, elements });
    else this.#send([upstream], frameKinds.contribution, j, piece.coverage, elements);
  }

  /** Slice j takes another way from here: all that this peer has of it goes there; or, where it ends, is brought together here. */
  #handOver(j: number): void {
    const upstream = this.#topology?.upstream(j);
    if (this.#known[j]) {
      if (upstream !== undefined) this.#send([upstream], frameKinds.reduced, j, noSlots, this.#sliceOf(j));
      return;
    }
    for (const piece of this.#own) this.#contributeSlice(j, piece);
    this.#finish(j);
  }

  #add(j: number, piece: Piece): void {
    if (this.#known[j] || !this.#assemblies[j].add(piece)) return;
    this.#arrived++;
    this.#finish(j);
  }

  /** As soon as its pieces cover the slots that come together here once, a slice is summed: at the owner it is reduced then. */
  #finish(j: number): void {
    const slots = this.#topology?.gathered(j);
    if (slots === undefined || this.#known[j]) return;
    const upstream = this.#topology?.upstream(j);
    const sent = this.#sentOn[j];
    if (upstream !== undefined && sent?.peer === upstream && isSame(sent.slots, slots)) return;
    const pieces = this.#assemblies[j].exactCover(slots);
    if (pieces === undefined) return;
    const [first, ...rest] = pieces;
    const total = first.elements.slice();
    this.#summed.set(j, pieces);
    for (const piece of rest) merge(this.#options.layout, total, piece.elements, this.#slices[j].begin);
    if (upstream === undefined) this.#learn(j, total);
    else {
      this.#sentOn[j] = { peer: upstream, slots };
      this.#aggregated.set(j, { sender: this.#options.self, coverage: slots, elements: total });
      this.#send([upstream], frameKinds.contribution, j, slots, total);
    }
  }

  #learn(j: number, elements: Int32Array): void {
    if (this.#known[j]) return;
    this.#reduced.set(elements, this.#slices[j].begin);
    this.#known[j] = true;
    this.#unknown--;
    this.#arrived++;
    this.#assemblies[j] = new SliceAssembly(this.#options.slots);
    this.#announce(j);
    if (this.#unknown > 0) return;
    this.#own.length = 0; // from here on the reduced slices answer for them
    this.#options.onReduced();
  }

  /**
   * After a repair a total that does not come from where slice j goes is news there: an owner or an aggregator was lost, and another has its
   * place. Without one it is nobody's business to tell it, and it waits for a plan that says otherwise.
   */
  #hearReduced(frame: Frame): void {
    const { index, elements, sender } = frame;
    if (this.#known[index]) return;
    const upstream = this.#topology?.upstream(index);
    if (upstream === sender) this.#learn(index, elements);
    else if (!this.#intact) {
      this.#learn(index, elements);
      this.#handOver(index);
    } else if (!this.#early.some((other) => other.index === index && other.sender === sender)) this.#early.push(frame);
  }

  /** Hands the sum of slice j on to those who get it from this peer and have not yet. */
  #announce(j: number): void {
    if (!this.#known[j] || this.#topology === undefined) return;
    const [before, audience] = [this.#told[j], this.#topology.audience(j)];
    this.#told[j] = audience;
    const untold = audience.filter((peer) => !before.includes(peer));
    if (untold.length > 0) this.#send(untold, frameKinds.reduced, j, noSlots, this.#sliceOf(j));
  }

  #sliceOf(j: number): Int32Array {
    return this.#reduced.subarray(this.#slices[j].begin, this.#slices[j].end);
  }

  #send(peers: readonly number[], kind: Frame["kind"], index: number, coverage: Coverage, elements: Int32Array): void {
    const { run, self, round } = this.#options;
    this.#options.send(peers, { run, view: this.#view, round, kind, index, sender: self, coverage, elements });
  }
}

const gathers = (topology: Topology, j: number): boolean => topology.gathered(j) !== undefined;

interface Destination {
  readonly peer: number;
  readonly slots: Coverage;
}

const noSlots: Coverage = new Uint32Array(0);
const nothing = (slots: number): Coverage => coverageOf(slots, []);
