import type { PeerId, View } from "./view.ts";

/**
 * Above so many peers a round is exchanged on two levels. Each peer then has a seat, numbered from 0 and its own for as long as it stays:
 * seat s is column s mod 32 of row ⌊s / 32⌋. With all seats in one row everybody sends to everybody directly.
 *
 * 32 and not √P: a seat must not move when others come. Between 33 and 1,024 peers the busiest one sends and takes about as much.
 */
export const ROW_SIZE = 32;

/** Owners of each column's slices: with 64 slices each owner has one. */
const OWNERS_PER_COLUMN = 2;

/** A seat where nobody is. */
export const FREE = 0;

/** Who sits where, by seat; FREE where nobody does. */
export type Seats = readonly PeerId[];

/** The rows, each by column. */
export function rowsOf(seats: Seats): PeerId[][] {
  return Array.from({ length: Math.ceil(seats.length / ROW_SIZE) }, (_, row) =>
    Array.from({ length: ROW_SIZE }, (_, column) => seats[row * ROW_SIZE + column] ?? FREE),
  );
}

/**
 * By column: which member of a row brings the column's slices together. Where no member sits, one of the others stands in, each for
 * about as many columns; none of a row without members.
 */
export function aggregatorsOf(row: readonly PeerId[], isMember: (peer: PeerId) => boolean): PeerId[] {
  const members = row.filter((peer) => peer !== FREE && isMember(peer));
  if (members.length === 0) return [];
  return row.map((peer, column) => (members.includes(peer) ? peer : (members[column % members.length] as PeerId)));
}

/**
 * The table of slice owners on two levels: entry k is an aggregator of column k mod 32, so that what it gets comes over links within its
 * column; the entries of a column are in different rows, those of neighbouring columns too.
 */
export function ownersOf(seats: Seats, isMember: (peer: PeerId) => boolean): PeerId[] {
  const aggregators = rowsOf(seats)
    .map((row) => aggregatorsOf(row, isMember))
    .filter(({ length }) => length > 0);
  const rows = aggregators.length;
  return Array.from({ length: ROW_SIZE * OWNERS_PER_COLUMN }, (_, k) => {
    const [column, turn] = [k % ROW_SIZE, Math.floor(k / ROW_SIZE)];
    return aggregators[(column + turn * Math.ceil(rows / OWNERS_PER_COLUMN)) % rows]?.[column] as PeerId;
  });
}

/** Whether the peers of two seats link up: within rows and columns. All others of a small run are in one row. */
export const linkUp = (a: number, b: number): boolean =>
  Math.floor(a / ROW_SIZE) === Math.floor(b / ROW_SIZE) || a % ROW_SIZE === b % ROW_SIZE;

/**
 * Pairs that a view makes talk although they sit neither in one row nor in one column: a stand-in with the column's owners, and a member
 * without a seat with all owners.
 */
export function pairsAcross({ seats = [], owners, members }: Pick<View, "seats" | "owners" | "members">): [PeerId, PeerId][] {
  const isMember = memberTest(members);
  const seatOf = new Map(seats.map((peer, seat) => [peer, seat]));
  const pairs = new Map<string, [PeerId, PeerId]>();
  const add = (a: PeerId, b: PeerId) => {
    const pair: [PeerId, PeerId] = a < b ? [a, b] : [b, a];
    pairs.set(pair.join(), pair);
  };
  for (const row of rowsOf(seats)) {
    const aggregators = aggregatorsOf(row, isMember);
    for (const [k, owner] of aggregators.length === 0 ? [] : owners.entries()) {
      const aggregator = aggregators[k % ROW_SIZE] as PeerId;
      const [a, b] = [seatOf.get(aggregator), seatOf.get(owner)];
      if (a !== undefined && b !== undefined && !linkUp(a, b)) add(aggregator, owner);
    }
  }
  for (const peer of seats.length === 0 ? [] : members.filter((member) => !seatOf.has(member)))
    for (const owner of owners) add(peer, owner);
  return [...pairs.values()];
}

/** `members.includes`, for many questions. */
export function memberTest(members: readonly PeerId[]): (peer: PeerId) => boolean {
  const set = new Set(members);
  return (peer) => set.has(peer);
}
