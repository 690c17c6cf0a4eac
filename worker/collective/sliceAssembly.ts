import { type Coverage, coverageWords, covers, firstOf, isEmpty, isSame, isSubset, overlaps, union, without } from "./coverage.ts";
import { MalformedFrame } from "./frame.ts";

/** What one peer contributes to a slice is disjoint; only a row's sum may come again, over other slots, after a repair. */
const MAX_OVERLAPS = 64;

/** So many ways to put pieces together are looked at: those of honest peers are found after a few. */
const MAX_TRIES = 10_000;

/** One contribution to one slice: a sum over the slots of its coverage. */
export interface Piece {
  /** Who contributed it. */
  readonly sender: number;
  readonly coverage: Coverage;
  readonly elements: Int32Array;
}

/**
 * What has arrived for one slice. A slot may have been computed twice (a peer was slow, or lost after it had sent), so pieces can
 * overlap: they are kept apart until some of them cover every slot exactly once. Any such choice gives the same bits.
 */
export class SliceAssembly {
  readonly #pieces: Piece[] = [];
  /** The slots of all pieces together, and whether no two pieces share one. */
  #covered: Coverage;
  #disjoint = true;
  /** How many pieces of a sender overlap earlier ones of its own. */
  #overlapping: Map<number, number> | undefined;

  constructor(slots: number) {
    this.#covered = new Uint32Array(coverageWords(slots));
  }

  /**
   * False when the piece brings nothing new: the same slots are there already. Throws `MalformedFrame` when its sender heaps up pieces
   * that overlap its own.
   */
  add(piece: Piece): boolean {
    const { coverage } = piece;
    if (overlaps(coverage, this.#covered)) {
      if (this.#pieces.some((other) => isSame(coverage, other.coverage))) return false;
      this.#checkOverlaps(piece);
      this.#disjoint = false;
    }
    this.#pieces.push(piece);
    this.#covered = union(this.#covered, coverage);
    return true;
  }

  /** Pieces that cover each of these slots exactly once, and no others; undefined while there are none. */
  exactCover(slots: Coverage): readonly Piece[] | undefined {
    if (isEmpty(slots) || !isSubset(slots, this.#covered)) return undefined;
    const usable = this.#pieces.filter(({ coverage }) => isSubset(coverage, slots));
    if (usable.length < this.#pieces.length && !isSubset(slots, unionOf(usable, slots.length))) return undefined;
    return this.#disjoint ? usable : cover(usable, slots);
  }

  /** Those of these slots that no piece covers. */
  missing(slots: Coverage): Coverage {
    return without(slots, this.#covered);
  }

  #checkOverlaps({ sender, coverage }: Piece): void {
    if (!this.#pieces.some((other) => other.sender === sender && overlaps(other.coverage, coverage))) return;
    this.#overlapping ??= new Map();
    const overlapping = (this.#overlapping.get(sender) ?? 0) + 1;
    if (overlapping > MAX_OVERLAPS)
      throw new MalformedFrame(`peer ${sender} sent more than ${MAX_OVERLAPS} sums of one slice over the same slots`);
    this.#overlapping.set(sender, overlapping);
  }
}

const unionOf = (pieces: readonly Piece[], words: number): Coverage =>
  pieces.reduce<Coverage>((together, { coverage }) => union(together, coverage), new Uint32Array(words));

/**
 * Depth-first: the lowest slot that is not covered is covered by some piece that fits. Slots for which that has failed are remembered,
 * and the search ends after so many tries: hostile peers could make it endless.
 */
function cover(pieces: readonly Piece[], slots: Coverage): readonly Piece[] | undefined {
  const hopeless = new Set<string>();
  let tries = 0;
  const search = (chosen: readonly Piece[], open: Coverage): readonly Piece[] | undefined => {
    if (isEmpty(open)) return chosen;
    const left = open.join();
    if (hopeless.has(left) || ++tries > MAX_TRIES) return undefined;
    const next = firstOf(open);
    for (const piece of pieces) {
      if (!covers(piece.coverage, next) || !isSubset(piece.coverage, open)) continue;
      const found = search([...chosen, piece], without(open, piece.coverage));
      if (found !== undefined) return found;
    }
    hopeless.add(left);
    return undefined;
  };
  return search([], slots);
}
