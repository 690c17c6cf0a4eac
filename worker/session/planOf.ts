import type { Round } from "../../coordinator/protocol/rounds.ts";
import { aggregatorsOf, FREE, memberTest, rowsOf } from "../../coordinator/protocol/topology.ts";
import { isRepaired, type PeerId, slotHolder, type View } from "../../coordinator/protocol/view.ts";
import { coverageOf } from "../collective/coverage.ts";
import type { RoundPlan, Row } from "../collective/topology.ts";

/** What a view means for the exchange of a round at peer `self`: whoever needs a state is a receiver too, and nobody twice. */
export function planOf(view: View, self: PeerId, { round, slots }: Pick<Round, "round" | "slots">): RoundPlan {
  const everyone = new Set([...view.members, ...view.observers.map(({ peer }) => peer)]);
  const receivers = [...everyone].filter((peer) => peer !== self);
  const { view: number, owners } = view;
  const plan = { view: number, owners, receivers, intact: !isRepaired(view, round) };
  return view.seats === undefined ? plan : { ...plan, rows: rowsOfView(view, slots) };
}

/** The slots of each peer in a round of so many slots. */
export function sharesOf(view: View, slots: number): ReadonlyMap<PeerId, readonly number[]> {
  return remembered(shares, view, slots, () => {
    const table = new Map<PeerId, number[]>();
    for (let slot = 0; slot < slots; slot++) {
      const holder = slotHolder(view, slot, slots);
      table.set(holder, [...(table.get(holder) ?? []), slot]);
    }
    return table;
  });
}

function rowsOfView(view: View, slots: number): readonly Row[] {
  return remembered(rows, view, slots, () => {
    const isMember = memberTest(view.members);
    const isThere = memberTest([...view.members, ...view.observers.map(({ peer }) => peer)]);
    const held = sharesOf(view, slots);
    return rowsOf(view.seats ?? []).map((row): Row => {
      const peers = row.filter((peer) => peer !== FREE && isThere(peer));
      const own = peers.filter(isMember).flatMap((peer) => held.get(peer) ?? []);
      return { peers, aggregators: aggregatorsOf(row, isMember), slots: coverageOf(slots, own) };
    });
  });
}

/** Views never change: what follows from one is worked out once, and forgotten with it. */
type Memory<T> = WeakMap<View, Map<number, T>>;
const shares: Memory<ReadonlyMap<PeerId, readonly number[]>> = new WeakMap();
const rows: Memory<readonly Row[]> = new WeakMap();

function remembered<T>(memory: Memory<T>, view: View, slots: number, compute: () => T): T {
  const known = memory.get(view)?.get(slots);
  if (known !== undefined) return known;
  const value = compute();
  memory.set(view, (memory.get(view) ?? new Map<number, T>()).set(slots, value));
  return value;
}
