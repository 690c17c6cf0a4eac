import type { Account } from "../../coordinator/protocol/audit.ts";
import { addChecksums, type Checksum } from "../../coordinator/protocol/checksum.ts";
import { ownersOf } from "../../coordinator/protocol/topology.ts";
import { type PeerId, slotsOf, type View } from "../../coordinator/protocol/view.ts";
import type { Inquiry } from "../../coordinator/run/audit.ts";
import { type Ways, waysOf } from "../../coordinator/run/ways.ts";

/** As many slices as the owners' table has entries. */
export const BLOCKS = 64;

export interface RowScene {
  readonly view: View;
  readonly slots: number;
  readonly ways: Ways;
}

/** So many members, each with two slots, those of row 0 in its seats from 0 on and the rest in row 1. */
export function rowScene(peers: number, unseated: readonly PeerId[] = []): RowScene {
  const members = Array.from({ length: peers }, (_, i) => i + 1);
  const seats = members.map((peer) => (unseated.includes(peer) ? 0 : peer));
  const view: View = {
    view: 1,
    fromRound: 0,
    begins: true,
    members,
    observers: [],
    slotHolders: members.flatMap((peer) => [peer, peer]),
    owners: ownersOf(seats, (peer) => seats.includes(peer)),
    seats,
  };
  return { view, slots: 2 * peers, ways: waysOf(view, 2 * peers) };
}

export const truth = (peer: PeerId, block: number): Checksum => [1000 * peer + block, 7 * peer + block];

/** What is sent on each level: by whom, of which block, and to whom. Honest, where a liar does not say otherwise. */
export interface Sending {
  readonly contribution: (peer: PeerId, block: number) => Checksum;
  readonly row: (peer: PeerId, block: number, sum: Checksum) => Checksum;
  readonly total: (peer: PeerId, block: number, sum: Checksum) => Checksum;
  /** What a peer tells the next one down of a total that it has. */
  readonly told: (from: PeerId, to: PeerId, block: number, total: Checksum) => Checksum;
}

export const honest: Sending = {
  contribution: truth,
  row: (_, __, sum) => sum,
  total: (_, __, sum) => sum,
  told: (_, __, ___, total) => total,
};

interface Piece {
  readonly sender: PeerId;
  readonly slots: number[];
  readonly block: number;
  readonly sum: Checksum;
}

/** One round on two levels, as each peer saw it: honest accounts of what was sent. */
export function accountsOf({ view, slots, ways }: RowScene, sending: Sending = honest): Map<PeerId, Account> {
  const { members } = view;
  const received = new Map(members.map((peer) => [peer, [] as Piece[]]));
  const aggregated = new Map(members.map((peer) => [peer, [] as Piece[]]));
  const totals = new Map(members.map((peer) => [peer, [] as Checksum[]]));
  const listOf = <T>(table: Map<PeerId, T[]>, peer: PeerId): T[] => table.get(peer) as T[];
  const sumAt = (peer: PeerId, block: number) =>
    listOf(received, peer)
      .filter((piece) => piece.block === block)
      .map(({ sum }) => sum)
      .reduce(addChecksums);
  for (let block = 0; block < BLOCKS; block++) {
    for (const sender of members) {
      const to = ways.gathers(sender, block) === undefined ? (ways.upstream(sender, block) as PeerId) : sender;
      const sum = sending.contribution(sender, block);
      listOf(received, to).push({ sender, slots: slotsOf(view, sender, slots), block, sum });
    }
    const owner = ways.owner(block);
    for (const sender of members) {
      const over = sender === owner ? undefined : ways.gathers(sender, block);
      if (over === undefined) continue;
      const piece = { sender, slots: over.split(",").map(Number), block, sum: sumAt(sender, block) };
      listOf(aggregated, sender).push(piece);
      listOf(received, owner).push({ ...piece, sum: sending.row(sender, block, piece.sum) });
    }
    const heard = (peer: PeerId): Checksum => {
      const above = ways.upstream(peer, block);
      const known = listOf(totals, peer);
      known[block] ??=
        above === undefined ? sending.total(peer, block, sumAt(peer, block)) : sending.told(above, peer, block, heard(above));
      return known[block];
    };
    members.forEach(heard);
  }
  const sums = (pieces: readonly Piece[]) =>
    pieces.map(({ sender, slots: over, block, sum }) => ({ sender, slots: over, blocks: [block], sums: [...sum] }));
  return new Map(
    members.map((peer) => {
      const own = Array.from({ length: BLOCKS }, (_, block) => [...sending.contribution(peer, block)]).flat();
      const account: Account = {
        additive: BLOCKS,
        sent: [{ slots: slotsOf(view, peer, slots), sums: own }],
        received: sums(listOf(received, peer)),
        aggregated: sums(listOf(aggregated, peer)).map(({ sender: _, ...sum }) => sum),
        totals: listOf(totals, peer).flatMap((total) => [...total]),
      };
      return [peer, account] as const;
    }),
  );
}

/** An inquiry in which these peers' contributions are computed again, rightly. */
export function inquiryOf({ view, slots }: RowScene, audited: readonly PeerId[], accounts: ReadonlyMap<PeerId, Account>): Inquiry {
  const right = (peer: PeerId) => Array.from({ length: BLOCKS }, (_, block) => [...truth(peer, block)]).flat();
  return {
    inquiry: 1,
    round: 3,
    checks: audited.map((peer, i) => ({
      audited: peer,
      auditor: view.members[(i + peer) % view.members.length],
      slots: slotsOf(view, peer, slots),
      recomputed: right(peer),
      truth: right(peer),
    })),
    inRows: true,
    view,
    alert: false,
    skipped: false,
    disputed: [],
    stage: "asked",
    since: 0,
    witnesses: view.members.map((id) => ({ id, name: `P${id}`, identity: `${id}` })),
    bystanders: [],
    accounts,
  };
}
