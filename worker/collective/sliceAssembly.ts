import { type Coverage, covers, firstMissing, isSubset, overlaps, union } from "./coverage.ts";

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

  readonly #slots: number;

  constructor(slots: number) {
    this.#slots = slots;
  }

  /** False when the piece brings nothing new: the same slots are there already. */
  add(piece: Piece): boolean {
    if (this.#pieces.some((other) => isSubset(piece.coverage, other.coverage) && isSubset(other.coverage, piece.coverage))) return false;
    this.#pieces.push(piece);
    return true;
  }

  /** Pieces that cover each slot exactly once, or undefined while there are none. */
  exactCover(): readonly Piece[] | undefined {
    if (this.#pieces.length === 0) return undefined;
    const together = this.#pieces.map(({ coverage }) => coverage).reduce(union);
    return firstMissing(together, this.#slots) < this.#slots ? undefined : cover(this.#pieces, [], undefined, this.#slots);
  }

  /** Slots that no piece covers. */
  missing(): number[] {
    return Array.from({ length: this.#slots }, (_, slot) => slot).filter(
      (slot) => !this.#pieces.some((piece) => covers(piece.coverage, slot)),
    );
  }
}

/** Depth-first: the lowest slot that is not covered is covered by some piece that fits. */
function cover(
  pieces: readonly Piece[],
  chosen: readonly Piece[],
  covered: Coverage | undefined,
  slots: number,
): readonly Piece[] | undefined {
  const next = covered === undefined ? 0 : firstMissing(covered, slots);
  if (next >= slots) return chosen;
  for (const piece of pieces) {
    if (!covers(piece.coverage, next) || (covered !== undefined && overlaps(piece.coverage, covered))) continue;
    const together = covered === undefined ? piece.coverage : union(covered, piece.coverage);
    const found = cover(pieces, [...chosen, piece], together, slots);
    if (found !== undefined) return found;
  }
  return undefined;
}
