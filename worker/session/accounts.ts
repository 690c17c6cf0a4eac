import type { Account } from "../../coordinator/protocol/audit.ts";
import { type ChecksumKey, checksum } from "../../coordinator/protocol/checksum.ts";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import { MAX_LEASE_ROUNDS } from "../../coordinator/protocol/view.ts";
import { slotsIn } from "../collective/coverage.ts";
import type { Evidence } from "../collective/roundExchange.ts";
import { type Slice, slicesOf, type VectorLayout } from "../collective/vectorLayout.ts";

/** So much of the newest rounds is kept to give account of: seconds of small vectors, one round of the largest. */
const KEPT_BYTES = 128 * 1024 * 1024;

/** Nor more rounds: this peer hears an inquiry, which follows a round's commitment, before any permit that reaches further beyond it. */
const KEPT_ROUNDS = MAX_LEASE_ROUNDS + 2;

/** A range of the vector under one checksum: a slice, or its part of the sums, or its part of the maxima. */
interface Block extends Slice {
  readonly slice: number;
}

interface Kept {
  readonly round: Round;
  readonly evidence: Evidence;
}

/** What this peer contributed, summed and applied in the latest rounds; it gives account of it when the coordinator asks. */
export class Accounts {
  readonly #layoutOf: (kind: Round["kind"]) => VectorLayout;
  readonly #kept: Kept[] = [];

  constructor(layoutOf: (kind: Round["kind"]) => VectorLayout) {
    this.#layoutOf = layoutOf;
  }

  /** A round is done. The oldest are forgotten. */
  keep(round: Round, evidence: Evidence): void {
    while (this.newest >= round.round) this.#kept.pop(); // a round that is done again replaces what was
    this.#kept.push({ round, evidence });
    // Four vectors a round at most: what was contributed, what was received, what was sent on (of two levels), what was applied.
    const bytes = 16 * this.#layoutOf("train").length;
    this.#kept.splice(0, this.#kept.length - Math.max(1, Math.min(KEPT_ROUNDS, Math.floor(KEPT_BYTES / bytes))));
  }

  /** Empty when the round is forgotten, or not done yet: the latest is `newest`. */
  accountOf(round: number, key: ChecksumKey): Account {
    const kept = this.#kept.find((each) => each.round.round === round);
    if (kept === undefined) return { additive: 0, sent: [], received: [], aggregated: [], totals: [] };
    const { own, summed, aggregated, reduced } = kept.evidence;
    const layout = this.#layoutOf(kept.round.kind);
    const blocks = blocksOf(layout);
    const { slots } = kept.round;
    return {
      additive: blocks.filter(({ end }) => end <= layout.sumLength).length,
      sent: own.map(({ coverage, elements }) => ({ slots: slotsIn(coverage, slots), sums: checksums(layout, elements, key) })),
      received: pieces(blocks, slots, summed, key, slicesOf(layout.length)),
      aggregated: pieces(blocks, slots, inLists(aggregated), key, slicesOf(layout.length)).map(({ sender: _, ...sum }) => sum),
      totals: checksums(layout, reduced, key),
    };
  }

  get newest(): number {
    return this.#kept.at(-1)?.round.round ?? -1;
  }
}

/** Two residues for each block of a vector. */
export function checksums(layout: VectorLayout, vector: Int32Array, key: ChecksumKey): number[] {
  const sums: number[] = [];
  for (const { begin, end } of blocksOf(layout)) sums.push(...checksum(key, vector.subarray(begin, end), begin));
  return sums;
}

/** Slices, but for the one in which the maxima begin: that is two blocks, for only sums add up. */
function blocksOf(layout: VectorLayout): readonly Block[] {
  const known = blocksByLayout.get(layout);
  if (known !== undefined) return known;
  const blocks = makeBlocks(layout);
  blocksByLayout.set(layout, blocks);
  return blocks;
}

/** A run has two layouts, and each account asks for one. */
const blocksByLayout = new WeakMap<VectorLayout, readonly Block[]>();

function makeBlocks({ length, sumLength }: VectorLayout): Block[] {
  return slicesOf(length).flatMap(({ begin, end }, slice) =>
    begin < sumLength && sumLength < end
      ? [
          { slice, begin, end: sumLength },
          { slice, begin: sumLength, end },
        ]
      : [{ slice, begin, end }],
  );
}

const inLists = (sums: Evidence["aggregated"]): Evidence["summed"] => new Map([...sums].map(([j, sum]) => [j, [sum]]));

/** Pieces, by slice, under one key: those of one sender over the same slots together. */
function pieces(
  blocks: readonly Block[],
  slots: number,
  bySlice: Evidence["summed"],
  key: ChecksumKey,
  slices: readonly Slice[],
): Account["received"] {
  const together = new Map<string, { sender: number; slots: number[]; blocks: number[]; sums: number[] }>();
  blocks.forEach(({ slice, begin, end }, block) => {
    const offset = (slices[slice] as Slice).begin;
    for (const { sender, coverage, elements } of bySlice.get(slice) ?? []) {
      const name = `${sender}:${coverage.join()}`;
      const entry = together.get(name) ?? { sender, slots: slotsIn(coverage, slots), blocks: [], sums: [] };
      entry.blocks.push(block);
      entry.sums.push(...checksum(key, elements.subarray(begin - offset, end - offset), begin));
      together.set(name, entry);
    }
  });
  return [...together.values()];
}
