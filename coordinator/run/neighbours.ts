import { type PeerId, slotHolder, type View } from "../protocol/view.ts";
import { waysOf } from "./ways.ts";

/** Every aggregator and every owner of a view has turned up after so many slices: they are dealt out in turn, by column. */
const SLICES = 64;

/** By member of a view on two levels: those to or from whom slices of a round with so many slots take their way. */
export function neighboursIn(view: View, slots: number): ReadonlyMap<PeerId, ReadonlySet<PeerId>> {
  const ways = waysOf(view, slots);
  const holders = new Set(Array.from({ length: slots }, (_, slot) => slotHolder(view, slot, slots)));
  const neighbours = new Map([...view.members, ...holders].map((peer) => [peer, new Set<PeerId>()]));
  for (const peer of neighbours.keys()) {
    for (let j = 0; j < Math.max(SLICES, view.owners.length); j++) {
      const next = ways.upstream(peer, j);
      if (next === undefined) continue;
      neighbours.get(peer)?.add(next);
      neighbours.get(next)?.add(peer);
    }
  }
  return neighbours;
}
