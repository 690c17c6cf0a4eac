import type { PeerId, View } from "../protocol/view.ts";
import { type Effect, type Membership, type PeerState, peersAt } from "./membership.ts";

export type Observer = View["observers"][number];

/** So many peers send an observer its state together: with more, the observer's own connection is the limit. */
const MAX_DONORS = 4;

/** A peer gives its state to so many others at a time; further newcomers wait until one of these has it. */
export const MAX_OBSERVERS_OF_A_DONOR = 4;

export interface DonorChoice {
  readonly donors: readonly PeerId[];
  readonly reason: string;
}

/**
 * Who sends a newcomer the state: those who send it to the fewest others, of these the fastest, of these the lowest numbers.
 * `waiting` are the observers who do not have theirs yet; `most` is how many a donor may have beside this one.
 */
export function chooseDonors(candidates: readonly PeerState[], waiting: readonly Observer[], most: number): DonorChoice {
  const loads = new Map(candidates.map(({ id }) => [id, waiting.filter(({ donors }) => donors.includes(id)).length]));
  const load = ({ id }: PeerState): number => loads.get(id) ?? 0;
  const chosen = candidates
    .filter((peer) => load(peer) < most)
    .sort((a, b) => load(a) - load(b) || b.imagesPerSecond - a.imagesPerSecond || a.id - b.id)
    .slice(0, MAX_DONORS);
  const several = candidates.length === 1 ? "peer" : "peers";
  if (chosen.length === 0) return { donors: [], reason: `all ${candidates.length} ${several} give their state to ${most} others already` };
  const reason = reasonOf(chosen, candidates, load);
  return { donors: chosen.map(({ id }) => id), reason };
}

function reasonOf(chosen: readonly PeerState[], candidates: readonly PeerState[], load: (peer: PeerState) => number): string {
  const busy = chosen.filter((peer) => load(peer) > 0).length;
  if (candidates.length === 1) return `the only peer that has it${busy === 0 ? "" : ", which gives it to others too"}`;
  const sharing = busy === 0 ? "" : `; ${busy} of them ${busy === 1 ? "gives" : "give"} it to others too`;
  if (chosen.length === candidates.length) return `all ${chosen.length} peers that have it${sharing}`;
  return `${chosen.length} of ${candidates.length} peers that have it, the least busy and then the fastest${sharing}`;
}

/** Observers who do not have their state yet. */
export function waitingObservers(state: Membership): Observer[] {
  return (state.views.at(-1)?.observers ?? []).filter(({ peer, donors }) => {
    const known = state.peers.get(peer);
    return donors.length > 0 && known?.stage === "observer" && known.round === undefined;
  });
}

/**
 * The state that a peer was told to wait for, and from whom, as the newest view that says so has it: a member of a run that begins again
 * is named in its first views only.
 */
export const awaitedBy = ({ views }: Membership, id: PeerId): Observer | undefined =>
  views.flatMap(({ observers }) => observers).findLast(({ peer }) => peer === id);

/** Members who have a state to give. */
export const possibleDonors = (state: Membership): PeerState[] => peersAt(state, "member").filter(({ round }) => round !== undefined);

/** What the state has to have that these wait for, as far as the journal reaches. */
export function hashesFor(state: Membership, observers: readonly Observer[]): Effect[] {
  return observers.flatMap(({ peer, stateOfRound }) => {
    const hash = state.hashes.get(stateOfRound - 1);
    return hash === undefined ? [] : [{ type: "send", to: [peer], message: { type: "stateHash", round: stateOfRound, hash } }];
  });
}
