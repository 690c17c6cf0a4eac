import type { View } from "../../coordinator/protocol/view.ts";
import type { RoundPlan } from "../collective/topology.ts";

/** What a view means for a round's exchange at peer `self`: whoever needs a state is a receiver too, and nobody twice. */
export function planOf(view: View, self: number): RoundPlan {
  const everyone = new Set([...view.members, ...view.observers.map(({ peer }) => peer)]);
  return { view: view.view, owners: view.owners, receivers: [...everyone].filter((peer) => peer !== self) };
}
