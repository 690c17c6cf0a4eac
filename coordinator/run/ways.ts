import { aggregatorsOf, FREE, memberTest, rowsOf } from "../protocol/topology.ts";
import { type PeerId, slotHolder, type View } from "../protocol/view.ts";

/**
 * The ways that slices take in a round that no repair has changed, as far as accounts are held against them (`worker/collective/topology.ts`
 * sends along the same). The sums of slice j are block j of an account: only the slice in which the maxima begin is two blocks.
 */
export interface Ways {
  readonly twoLevels: boolean;
  readonly owner: (j: number) => PeerId;
  /** From whom a peer hears the total of slice j; undefined at its owner. */
  readonly upstream: (peer: PeerId, j: number) => PeerId | undefined;
  /** The slots whose pieces of slice j come together at this peer, joined in ascending order; undefined where none do. */
  readonly gathers: (peer: PeerId, j: number) => string | undefined;
  /** Whether that peer has to send slice j over just these slots: as its contribution, or as the sum of its row. */
  readonly sends: (peer: PeerId, slots: readonly number[], j: number) => "contribution" | "row" | undefined;
}

interface Row {
  readonly peers: readonly PeerId[];
  readonly aggregators: readonly PeerId[];
  /** The slots that its members hold, joined: in ascending order. */
  readonly slots: string;
}

export function waysOf(view: View, slots: number): Ways {
  const held = holdings(view, slots);
  const rows = rowsOfView(view, held);
  const homes = new Map(rows.flatMap((row) => row.peers.map((peer) => [peer, row] as const)));
  const all = Array.from({ length: slots }, (_, slot) => slot).join();
  const owner = (j: number) => view.owners[j % view.owners.length] as PeerId;
  const aggregator = (row: Row | undefined, j: number) =>
    row?.peers.includes(owner(j)) ? owner(j) : row?.aggregators[j % row.aggregators.length];
  const aggregates = (peer: PeerId, j: number) => peer !== owner(j) && aggregator(homes.get(peer), j) === peer;
  return {
    twoLevels: view.seats !== undefined,
    owner,
    upstream: (peer, j) => {
      if (peer === owner(j)) return undefined;
      const next = aggregator(homes.get(peer), j);
      return next === undefined || next === peer ? owner(j) : next;
    },
    gathers: (peer, j) => (peer === owner(j) ? all : aggregates(peer, j) ? homes.get(peer)?.slots || undefined : undefined),
    sends: (peer, over, j) => {
      const name = over.join();
      if (held.get(peer)?.join() === name) return "contribution";
      return aggregates(peer, j) && homes.get(peer)?.slots === name ? "row" : undefined;
    },
  };
}

function holdings(view: View, slots: number): ReadonlyMap<PeerId, readonly number[]> {
  const held = new Map<PeerId, number[]>();
  for (let slot = 0; slot < slots; slot++) {
    const holder = slotHolder(view, slot, slots);
    held.set(holder, [...(held.get(holder) ?? []), slot]);
  }
  return held;
}

function rowsOfView({ seats = [], members, observers }: View, held: ReadonlyMap<PeerId, readonly number[]>): Row[] {
  const isMember = memberTest(members);
  const isThere = memberTest([...members, ...observers.map(({ peer }) => peer)]);
  return rowsOf(seats).map((row) => {
    const peers = row.filter((peer) => peer !== FREE && isThere(peer));
    const slots = peers.filter(isMember).flatMap((peer) => held.get(peer) ?? []);
    return { peers, aggregators: aggregatorsOf(row, isMember), slots: slots.sort((a, b) => a - b).join() };
  });
}
