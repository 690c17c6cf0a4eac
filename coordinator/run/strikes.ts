import type { Findings, Witness } from "./audit.ts";
import { changed, changedAudits } from "./changed.ts";
import {
  type Decision,
  type Effect,
  type Membership,
  type MembershipOptions,
  type PeerState,
  peersAt,
  unchanged,
  withDispute,
} from "./membership.ts";
import { opponentsOf, planView } from "./views.ts";

/** A peer that was proven wrong again is not let in for so long; twice as long each further time. */
const FIRST_COOL_DOWN_MS = 10 * 60_000;

/** Its result was proven wrong. The first time it begins again with the run's state: a bit may have flipped. Then it is removed for a while. */
export function strike(state: Membership, { id, name, identity }: Witness, why: string, now: number): Decision {
  const before = state.audits.strikes.get(identity) ?? { count: 0, peer: id, removals: 0, refusedUntil: 0 };
  if (before.count > 0 && before.peer === id) return unchanged(state); // what it did before it began again
  const removed = before.count > 0;
  const coolDownMs = FIRST_COOL_DOWN_MS * 2 ** before.removals;
  const after = removed
    ? { count: before.count + 1, peer: id, removals: before.removals + 1, refusedUntil: now + coolDownMs }
    : { ...before, count: 1 };
  const strikes = new Map(state.audits.strikes).set(identity, after);
  const sentence = removed
    ? `${name} ${why}; it was proven wrong ${after.count} times and is removed for ${inMinutes(coolDownMs)}`
    : `${name} ${why}; it begins again with the run's state`;
  // It may have come back under another number meanwhile.
  const present = [...state.peers.values()].filter((peer) => peer.id === id || (removed && peer.hello.identity === identity));
  const drops: Effect[] = present.map((peer) => ({ type: "drop", peer: peer.id, sentence }));
  // Its lies have entered sums: what is done again from an earlier state would not end with the journalled hashes.
  const lastCheckpointAt = Number.NEGATIVE_INFINITY;
  return {
    state: changed(state, { lastCheckpointAt, audits: changedAudits(state.audits, { strikes }) }),
    effects: drops,
    reasons: [{ kind: "alarm", text: sentence }],
  };
}

/**
 * One word against another about what was sent and received. Either of the two is wrong, so neither owns slices from now on; who then gets
 * into the same with more than half of the members is the one. So nobody is removed on the word of fewer.
 */
export function dispute(
  state: Membership,
  { sender, owner, why }: Findings["disputes"][number],
  now: number,
  options: MembershipOptions,
): Decision {
  const { state: disputed, news } = withDispute(state, sender.id, owner.id);
  if (!news) return unchanged(disputed);
  const members = peersAt(disputed, "member");
  const opponents = ({ id }: Witness) => opponentsOf(disputed.peers.get(id) as PeerState, members);
  const alone = [sender, owner].find((witness) => 2 * opponents(witness) > members.length);
  if (alone !== undefined)
    return strike(disputed, alone, `has the word of ${opponents(alone)} of ${members.length} members against its own`, now);
  const text = `${sender.name} and ${owner.name} contradict each other: ${why}; neither sums up slices any more, until it is clear who is wrong`;
  const observers = disputed.views.at(-1)?.observers ?? [];
  return planView(disputed, observers, options, { kind: "alarm", text });
}

/** Why a peer is not let in now, and for how long; undefined when it may come. */
export function coolDownOf({ audits }: Membership, identity: string, now: number): string | undefined {
  const strikes = audits.strikes.get(identity);
  if (strikes === undefined || strikes.refusedUntil <= now) return undefined;
  return `this peer was proven to compute wrong results ${strikes.count} times: it may join again in ${inMinutes(strikes.refusedUntil - now)}`;
}

function inMinutes(milliseconds: number): string {
  const minutes = Math.ceil(milliseconds / 60_000);
  return minutes === 1 ? "a minute" : `${minutes} minutes`;
}
