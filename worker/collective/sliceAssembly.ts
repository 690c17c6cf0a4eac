import { type Coverage, coverageWords, covers, firstOf, isEmpty, isSubset, overlaps, union, without } from "./coverage.ts";

/** One contribution to one slice: a sum over the slots of its coverage. */
export interface Piece {
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

  constructor(slots: number) {
    this.#covered = new Uint32Array(coverageWords(slots));
  }

  /** False when the piece brings nothing new: the same slots are there already. */
  add(piece: Piece): boolean {
    const { coverage } = piece;
    if (overlaps(coverage, this.#covered)) {
      if (this.#pieces.some((other) => isSubset(coverage, other.coverage) && isSubset(other.coverage, coverage))) return false;
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
    const together = usable.map(({ coverage }) => coverage).reduce(union, new Uint32Array(slots.length));
    if (!isSubset(slots, together)) return undefined;
    return this.#disjoint ? usable : cover(usable, [], slots);
  }

  /** Those of these slots that no piece covers. */
  missing(slots: Coverage): Coverage {
    return without(slots, this.#covered);
  }
}

/** Depth-first: the lowest slot that is not covered is covered by some piece that fits. */
function cover(pieces: readonly Piece[], chosen: readonly Piece[], open: Coverage): readonly Piece[] | undefined {
  if (isEmpty(open)) return chosen;
  const next = firstOf(open);
  for (const piece of pieces) {
    if (!covers(piece.coverage, next) || !isSubset(piece.coverage, open)) continue;
    const found = cover(pieces, [...chosen, piece], without(open, piece.coverage));
    if (found !== undefined) return found;
  }
  return undefined;
}
