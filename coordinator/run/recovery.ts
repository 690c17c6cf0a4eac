import type { JournalEntry } from "../files/journal.ts";
import { emptyMembership, type Membership } from "./membership.ts";

/**
 * What a coordinator knows that was ended in the middle of a run: the journal, and the newest checkpoint. Peers that are still there
 * bring their state along; the run goes on with the same bits.
 */
export function recoveredMembership(
  entries: readonly Pick<JournalEntry, "round" | "hash">[],
  checkpoint: number | undefined,
  rounds: number,
): Membership {
  const usable = checkpoint !== undefined && checkpoint <= entries.length ? checkpoint : undefined;
  return {
    ...emptyMembership,
    phase: entries.length < rounds ? "waiting" : "finished",
    committed: entries.length,
    hashes: new Map(entries.map(({ round, hash }) => [round, hash])),
    checkpoint: usable,
  };
}
