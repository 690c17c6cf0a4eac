import { type Coverage, coverageOf, isEmpty, isWithin, slotsIn } from "./coverage.ts";
import { type Frame, frameKinds, MalformedFrame } from "./frame.ts";
import { type Piece, SliceAssembly } from "./sliceAssembly.ts";
import { merge, type Slice, slicesOf, type VectorLayout } from "./vectorLayout.ts";

/** Who does what in a round, as the view that holds for it says. */
export interface RoundPlan {
  readonly view: number;
  /** Owner of slice j is owners[j mod owners.length]. */
  readonly owners: readonly number[];
  /** Everyone who needs the reduced slices: members and observers, this peer not among them. */
  readonly receivers: readonly number[];
}

export interface RoundExchangeOptions {
  readonly run: number;
  readonly self: number;
  readonly round: number;
  readonly slots: number;
  readonly layout: VectorLayout;
  /** What a slot adds to an element of the sum part is at most ± this: so no sum over all slots overflows. Without it, anything goes. */
  readonly slotLimit?: number | undefined;
  readonly send: (peer: number, frame: Frame) => void;
  /** Called once, when every slice is reduced. */
  readonly onReduced: () => void;
}

/** What a peer has to show of a round: its own contributions, and the pieces that each slice it owned was summed from. */
export interface Evidence {
  readonly own: readonly Piece[];
  readonly summed: ReadonlyMap<number, readonly Piece[]>;
  readonly reduced: Int32Array;
}

/**
 * One exact all-reduce at one peer. Direct reduce-scatter: every peer sends slice j of its contribution to owner(j), who waits until
 * each slot is covered once. Then direct all-gather: the owner sends the reduced slice to everyone.
 *
 * - Communication steps: 2
 * - Bytes sent per peer: 2 · (P−1)/P · S for P peers and a vector of S bytes
 *
 * Nothing here waits: it is driven by `replan`, `contribute` and `receive`, in any order and any number of times. A new plan in
 * the middle of a round (a peer was lost) sends what was kept to the new owners; whatever arrives twice changes nothing.
 */
export class RoundExchange {
  readonly #options: RoundExchangeOptions;
  readonly #slices: readonly Slice[];
  readonly #own: Piece[] = [];
  #shown: Piece[] = [];
  #summed = new Map<number, readonly Piece[]>();
  readonly #assemblies: SliceAssembly[];
  readonly #reduced: Int32Array;
  readonly #known: boolean[];
  readonly #announced: boolean[];
  #unknown: number;
  #plan: RoundPlan | undefined;

  constructor(options: RoundExchangeOptions) {
    this.#options = options;
    this.#slices = slicesOf(options.layout.length);
    this.#assemblies = this.#slices.map(() => new SliceAssembly(options.slots));
    this.#reduced = new Int32Array(options.layout.length);
    this.#known = this.#slices.map(() => false);
    this.#announced = this.#slices.map(() => false);
    this.#unknown = this.#slices.length;
  }

  get complete(): boolean {
    return this.#unknown === 0;
  }

  /** The sum of all contributions; to be read when complete. */
  get vector(): Int32Array {
    return this.#reduced;
  }

  /** Slots that some slice of this peer's still waits for. */
  missingSlots(): number[] {
    const waiting = this.#slices.flatMap((_, j) =>
      this.#ownerOf(j) === this.#options.self && !this.#known[j] ? this.#assemblies[j].missing() : [],
    );
    return [...new Set(waiting)].sort((a, b) => a - b);
  }

  /** Peers whose reduced slices this peer still waits for. */
  missingOwners(): number[] {
    const owners = this.#slices.flatMap((_, j) => (this.#known[j] ? [] : [this.#ownerOf(j) ?? 0]));
    return [...new Set(owners)].filter((peer) => peer !== this.#options.self);
  }

  /** The plan of the view that now holds for this round. */
  replan(plan: RoundPlan): void {
    const before = this.#plan;
    this.#plan = plan;
    this.#slices.forEach((_, j) => {
      const moved = before === undefined || before.owners[j % before.owners.length] !== plan.owners[j % plan.owners.length];
      if (moved) this.#handOver(j);
    });
  }

  /** This peer's sum over `slots`, each of which it contributes once. The vector is kept, not copied. */
  contribute(slots: readonly number[], vector: Int32Array): void {
    if (vector.length !== this.#options.layout.length) {
      throw new RangeError(`a contribution has ${this.#options.layout.length} elements, this one has ${vector.length}`);
    }
    const piece = { sender: this.#options.self, coverage: coverageOf(this.#options.slots, slots), elements: vector };
    this.#own.push(piece);
    this.#shown.push(piece);
    this.#slices.forEach((_, j) => {
      this.#contributeSlice(j, piece);
    });
  }

  /** Sends a peer again all that it was sent: the link that carried it has failed. */
  resend(peer: number): void {
    this.#slices.forEach((_, j) => {
      if (this.#announced[j] && this.#plan?.receivers.includes(peer)) this.#send(peer, frameKinds.reduced, j, nothing, this.#sliceOf(j));
      else if (this.#ownerOf(j) === peer) this.#handOver(j);
    });
  }

  /** A frame of this round from another peer. Throws `MalformedFrame` when it cannot be part of it. */
  receive(frame: Frame): void {
    const slice = this.#slices[frame.index];
    if (slice === undefined) throw new MalformedFrame(`slice ${frame.index} is not one of ${this.#slices.length}`);
    if (frame.elements.length !== slice.end - slice.begin) {
      throw new MalformedFrame(`slice ${frame.index} has ${slice.end - slice.begin} elements, the frame has ${frame.elements.length}`);
    }
    if (frame.kind === frameKinds.reduced) {
      this.#hearReduced(frame);
      return;
    }
    if (!isWithin(frame.coverage, this.#options.slots) || isEmpty(frame.coverage)) {
      throw new MalformedFrame(`the coverage is not a non-empty set of ${this.#options.slots} slots`);
    }
    this.#checkRange(frame, slice.begin);
    this.#add(frame.index, { sender: frame.sender, coverage: frame.coverage, elements: frame.elements });
  }

  /** What an account of this round is made from. It is handed over: the exchange itself needs it no longer. */
  evidence(): Evidence {
    const evidence = { own: this.#shown, summed: this.#summed, reduced: this.#reduced };
    this.#shown = [];
    this.#summed = new Map();
    return evidence;
  }

  /** A sum over a few slots that could make the sum over all of them overflow is no honest one. */
  #checkRange({ elements, coverage, sender }: Frame, begin: number): void {
    const { slotLimit, slots, layout } = this.#options;
    if (slotLimit === undefined) return;
    const limit = slotLimit * slotsIn(coverage, slots).length;
    const sums = Math.max(0, Math.min(elements.length, layout.sumLength - begin));
    for (let i = 0; i < sums; i++) {
      const value = elements[i];
      if (value > limit || value < -limit)
        throw new MalformedFrame(`peer ${sender} contributed ${value} to element ${begin + i}, which is at most ±${limit}`);
    }
  }

  #ownerOf(j: number): number | undefined {
    return this.#plan?.owners[j % this.#plan.owners.length];
  }

  #contributeSlice(j: number, piece: Piece): void {
    const owner = this.#ownerOf(j);
    if (owner === undefined || this.#known[j]) return;
    const { begin, end } = this.#slices[j];
    const elements = piece.elements.subarray(begin, end);
    if (owner === this.#options.self) this.#add(j, { ...piece, elements });
    else this.#send(owner, frameKinds.contribution, j, piece.coverage, elements);
  }

  /** Slice j has a new owner: give him all that this peer has of it; or, being the owner, finish or announce it. */
  #handOver(j: number): void {
    const owner = this.#ownerOf(j);
    if (owner === undefined) return;
    if (this.#known[j]) {
      if (owner === this.#options.self) this.#announce(j);
      else this.#send(owner, frameKinds.reduced, j, nothing, this.#sliceOf(j));
      return;
    }
    for (const piece of this.#own) this.#contributeSlice(j, piece);
    this.#finish(j);
  }

  #add(j: number, piece: Piece): void {
    if (!this.#known[j] && this.#assemblies[j].add(piece)) this.#finish(j);
  }

  /** The owner sums a slice as soon as its pieces cover every slot once. */
  #finish(j: number): void {
    if (this.#known[j] || this.#ownerOf(j) !== this.#options.self) return;
    const pieces = this.#assemblies[j].exactCover();
    if (pieces === undefined) return;
    const [first, ...rest] = pieces;
    const total = first.elements.slice();
    this.#summed.set(j, pieces);
    for (const piece of rest) merge(this.#options.layout, total, piece.elements, this.#slices[j].begin);
    this.#learn(j, total);
  }

  #learn(j: number, elements: Int32Array): void {
    if (this.#known[j]) return;
    this.#reduced.set(elements, this.#slices[j].begin);
    this.#known[j] = true;
    this.#unknown--;
    this.#assemblies[j] = new SliceAssembly(this.#options.slots);
    if (this.#ownerOf(j) === this.#options.self) this.#announce(j);
    if (this.#unknown > 0) return;
    this.#own.length = 0; // from here on the reduced slices answer for them
    this.#options.onReduced();
  }

  /** A total from an owner that has lost the slice since is news to the new one. */
  #hearReduced({ index, elements, sender }: Frame): void {
    if (this.#known[index]) return;
    this.#learn(index, elements);
    const owner = this.#ownerOf(index);
    if (owner !== undefined && owner !== this.#options.self && owner !== sender) this.#handOver(index);
  }

  #announce(j: number): void {
    if (this.#announced[j] || this.#plan === undefined) return;
    this.#announced[j] = true;
    for (const peer of this.#plan.receivers) this.#send(peer, frameKinds.reduced, j, nothing, this.#sliceOf(j));
  }

  #sliceOf(j: number): Int32Array {
    return this.#reduced.subarray(this.#slices[j].begin, this.#slices[j].end);
  }

  #send(peer: number, kind: Frame["kind"], index: number, coverage: Coverage, elements: Int32Array): void {
    const { run, self, round } = this.#options;
    this.#options.send(peer, { run, view: this.#plan?.view ?? 0, round, kind, index, sender: self, coverage, elements });
  }
}

const nothing: Coverage = new Uint32Array(0);
