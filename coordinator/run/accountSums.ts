import type { Account } from "../protocol/audit.ts";
import { type Checksum, sameChecksum } from "../protocol/checksum.ts";

/** The checksum of one block among those of a vector; undefined where there is none. */
export function at(sums: readonly number[], block: number): Checksum | undefined {
  const [a, b] = [sums[2 * block], sums[2 * block + 1]];
  return a === undefined || b === undefined ? undefined : [a, b];
}

/** Whether both say the same of block i of the one and block j of the other. */
export function sameAt(a: readonly number[], i: number, b: readonly number[], j: number): boolean {
  const [x, y] = [at(a, i), at(b, j)];
  return x !== undefined && y !== undefined && sameChecksum(x, y);
}

/** What a peer says it contributed to a block over these slots. */
export function contributedBy({ sent }: Account, slots: readonly number[], block: number): Checksum | undefined {
  const piece = sent.find((each) => equal(each.slots, slots));
  return piece === undefined ? undefined : at(piece.sums, block);
}

/** What a peer says it sent on of a block as the sum of its row, over these slots or any. */
export function aggregatedBy({ aggregated }: Account, block: number, slots?: readonly number[]): Checksum | undefined {
  for (const piece of aggregated) {
    const i = piece.blocks.indexOf(block);
    if (i >= 0 && (slots === undefined || equal(piece.slots, slots))) return at(piece.sums, i);
  }
  return undefined;
}

/** A round that is forgotten: nothing is said about it. */
export const isEmptyAccount = ({ sent, received, totals }: Account): boolean => sent.length + received.length + totals.length === 0;

/** What more than half of so many say. */
export function agreed<T extends number | string>(said: readonly (T | undefined)[], of: number): T | undefined {
  return said.find((value) => value !== undefined && 2 * said.filter((other) => other === value).length > of);
}

export const equal = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);
