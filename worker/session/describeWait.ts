import type { RoundExchange } from "../collective/roundExchange.ts";

export interface Waiting {
  readonly round: number | undefined;
  readonly rounds: number;
  readonly permitted: number;
  /** Before the first round: what is missing of the state. */
  readonly state: string;
  /** The round in progress. */
  readonly exchange: Pick<RoundExchange, "missingSlots" | "missingOwners"> | undefined;
}

/** What a peer waits for, in words. */
export function describeWait({ round, rounds, permitted, state, exchange }: Waiting): string {
  if (round === undefined) return state;
  if (round >= rounds) return "nothing: the run is complete";
  if (permitted < round) return `permission for round ${round}`;
  const slots = exchange?.missingSlots() ?? [];
  if (slots.length > 0) return `slots ${slots.join(", ")}`;
  const owners = exchange?.missingOwners() ?? [];
  return owners.length > 0 ? `reduced slices of peers ${owners.join(", ")}` : "nothing";
}
