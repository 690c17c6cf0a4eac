import type { Hello } from "../protocol/messages.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import { COORDINATOR, MAX_PEER_ID, type PeerId } from "../protocol/view.ts";
import { changed, changedPeer } from "./changed.ts";
import { chooseDonors, hashesFor, MAX_OBSERVERS_OF_A_DONOR, type Observer, possibleDonors, waitingObservers } from "./donors.ts";
import { withoutInquiries } from "./inquiries.ts";
import {
  type Decision,
  type Effect,
  followedBy,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
  nameOf,
  type PeerState,
  peersAt,
  unchanged,
  withPeer,
} from "./membership.ts";
import { commit, grantPermits } from "./progress.ts";
import { tellRest } from "./rests.ts";
import { freeSeat, hasLinks, partners, seated, together } from "./seating.ts";
import { coolDownOf } from "./strikes.ts";
import { planView } from "./views.ts";

/** A run that was begun goes on with whoever is there, and an older state, when the others have not come back by then. */
const RETURN_MS = 3000;

/** Somebody opened the link. */
export function join(state: Membership, hello: Hello, now: number, options: MembershipOptions): Decision {
  const id = state.nextPeer;
  const refused = refusal(state, hello, now, options);
  if (refused !== undefined) {
    return {
      state: changed(state, { nextPeer: id + 1 }),
      effects: [{ ...refused, peer: id }],
      reasons: [{ kind: "warning", text: `${hello.name} was refused: ${refused.sentence}` }],
    };
  }
  const peer: PeerState = {
    id,
    hello,
    stage: "preparing",
    seat: undefined,
    links: new Map(),
    imagesPerSecond: 0,
    measuredAt: now,
    round: undefined,
    chunks: undefined,
    hash: undefined,
    offers: undefined,
    computed: -1,
    mayReturnAt: state.rests.get(hello.identity)?.until ?? 0,
    timesLate: 0,
    waits: [],
    ownsAfter: 0,
    silentWith: new Set(),
    backlog: undefined,
    complainers: new Set(),
    disputants: new Set(),
    reportedAt: now,
    hidden: false,
    waitingFor: "its engine",
    bytesSent: 0,
    joinedAt: now,
    lastSeenAt: now,
  };
  const { run, runName, config } = options;
  return {
    state: changed(state, { nextPeer: id + 1, peers: new Map(state.peers).set(id, peer) }),
    effects: [{ type: "send", to: [id], message: { type: "welcome", peer: id, run, runName, config } }],
    reasons: [{ kind: "join", text: `${nameOf(peer)} joined with ${hello.workers} compute worker${hello.workers === 1 ? "" : "s"}` }],
  };
}

/** It was in this run before. What it reports fills the gap in the journal; the state it holds counts if its last hash is the run's. */
function resume(state: Membership, id: PeerId, resumed: Hello["resume"], now: number, options: MembershipOptions): Decision {
  if (resumed === undefined || resumed.run !== options.run || state.phase !== "waiting" || state.distrustful) return unchanged(state);
  const known = resumed.reports.reduce(
    (decision, report) =>
      report.round === decision.state.committed ? followedBy(decision, (next) => commit(next, report, now, options)) : decision,
    unchanged(state),
  );
  const last = resumed.reports.at(-1);
  const right = last !== undefined && last.round === resumed.round - 1 && known.state.hashes.get(last.round) === last.hash;
  return right ? { ...known, state: withPeer(known.state, id, { offers: resumed.round }) } : known;
}

function refusal(
  state: Membership,
  hello: Hello,
  now: number,
  options: MembershipOptions,
): Omit<Extract<Effect, { type: "refuse" }>, "peer"> | undefined {
  if (hello.protocol !== PROTOCOL_VERSION) {
    const sentence = `this page speaks protocol ${hello.protocol}, the coordinator ${PROTOCOL_VERSION}: reload the page`;
    return { type: "refuse", reason: "protocol", sentence };
  }
  if (state.phase === "finished")
    return { type: "refuse", reason: "finished", sentence: "this run is complete: start a new one to train on" };
  if (state.nextPeer > MAX_PEER_ID) {
    return {
      type: "refuse",
      reason: "full",
      sentence: `${MAX_PEER_ID} peers have joined this run, as many as it has numbers for: start a new one`,
    };
  }
  if (state.peers.size >= options.maxPeers) {
    return { type: "refuse", reason: "full", sentence: `the run has ${state.peers.size} of at most ${options.maxPeers} peers` };
  }
  const coolDown = coolDownOf(state, hello.identity, now);
  if (coolDown !== undefined) return { type: "refuse", reason: "cool-down", sentence: coolDown };
  if (options.config.numerics === "fused" && !hello.fused) {
    const sentence = "this run uses fused multiply-add (--numerics fused), which this browser or Node does not have: try a newer Chromium";
    return { type: "refuse", reason: "numerics", sentence };
  }
  return undefined;
}

/** Its engine stands and has done the self-test step: it links up with everyone who is as far. */
export function ready(
  state: Membership,
  { peer: id, selfTest, imagesPerSecond }: Extract<MembershipEvent, { type: "ready" }>,
  now: number,
  options: MembershipOptions,
): Decision {
  const peer = state.peers.get(id);
  if (peer === undefined || peer.stage !== "preparing") return unchanged(state);
  if (state.selfTest !== undefined && state.selfTest !== selfTest) {
    const sentence = `the self-test step ended with ${selfTest} instead of ${state.selfTest}: this engine computes other bits than the run`;
    const reasons = [{ kind: "alarm" as const, text: `${nameOf(peer)} was refused: ${sentence}` }];
    return { state, effects: [{ type: "refuse", peer: id, reason: "self-test", sentence }], reasons };
  }
  const seat = freeSeat(state);
  const others = seated(state).filter((other) => partners(changedPeer(peer, { seat }), other));
  const linking = withPeer(changed(state, { selfTest }), id, { stage: "linking", seat, imagesPerSecond, waitingFor: "its links" });
  const iceServers = [...options.iceServers];
  const effects: Effect[] = others.flatMap(({ id: other }) => [
    { type: "send", to: [id], message: { type: "connect", peer: other, initiator: true, iceServers } },
    { type: "send", to: [other], message: { type: "connect", peer: id, initiator: false, iceServers } },
  ]);
  const known = resume(linking, id, peer.hello.resume, now, options);
  return followedBy({ ...known, effects: [...known.effects, ...effects, ...tellRest(state, peer, now)] }, (next) =>
    admit(next, now, options),
  );
}

/** A link came about, changed, or was lost; a lost one is replaced by a relay, which both peers report in turn. */
export function link(
  state: Membership,
  id: PeerId,
  other: PeerId,
  linkState: "direct" | "relayed" | "lost",
  now: number,
  options: MembershipOptions,
): Decision {
  const [peer, otherPeer] = [state.peers.get(id), state.peers.get(other)];
  if (peer === undefined || otherPeer === undefined) return unchanged(state);
  const links = new Map(peer.links);
  if (linkState === "lost") links.delete(other);
  else links.set(other, linkState);
  const isNews = linkState === "relayed" && peer.links.get(other) !== "relayed" && otherPeer.links.get(id) !== "relayed";
  const text = `${nameOf(peer)} and ${nameOf(otherPeer)} have no direct connection: the coordinator relays between them`;
  const known = { state: withPeer(state, id, { links }), effects: [], reasons: isNews ? [{ kind: "warning" as const, text }] : [] };
  // A run cannot begin while even this peer has links to come: a large one has too many of them to look at all each time.
  if (state.phase === "waiting" && !hasLinks(changedPeer(peer, { links }), seated(state))) return known;
  return followedBy(known, (next) => admit(next, now, options));
}

/** Begins the run when enough peers are linked; takes newcomers who are linked with everyone as observers. */
export function admit(state: Membership, now: number, options: MembershipOptions): Decision {
  const candidates = peersAt(state, "linking");
  if (candidates.length === 0) return unchanged(state);
  if (state.phase === "waiting") return beginRun(state, candidates, now, options);
  if (state.phase === "finished") return unchanged(state);
  const present = peersAt(state, "member", "observer");
  const newcomers = candidates.filter((peer) => now >= peer.mayReturnAt && present.every((other) => together(peer, other)));
  const ready = newcomers.filter((peer, i) => newcomers.slice(0, i).every((other) => together(peer, other)));
  return ready.length === 0 ? unchanged(state) : observe(state, ready, possibleDonors(state), now, options, MAX_OBSERVERS_OF_A_DONOR);
}

/**
 * The run begins, or goes on after the coordinator or every member was gone: from the latest state that anybody still holds, be it a
 * peer or the checkpoint. Rounds between that and the last committed one are done again, and must end with the same hashes.
 */
function beginRun(state: Membership, candidates: readonly PeerState[], now: number, options: MembershipOptions): Decision {
  const since = Math.max(state.lastCommitAt, Math.min(...candidates.map(({ joinedAt }) => joinedAt)));
  const returning = state.committed > 0 && now - since < RETURN_MS; // whoever was here before may be on the way
  const newestIsHere = candidates.some(({ offers }) => offers === state.committed);
  if (returning && !newestIsHere && !state.distrustful) return unchanged(state);
  const enough = state.committed > 0 && !returning ? 1 : options.minPeers;
  if (candidates.length < enough || !candidates.every((a) => candidates.every((b) => together(a, b)))) return unchanged(state);
  const from = Math.max(state.checkpoint ?? 0, ...candidates.map(({ offers }) => offers ?? 0));
  const holders = candidates.filter(({ offers }) => offers === from);
  const needy = from === 0 ? [] : candidates.filter(({ offers }) => offers !== from);
  const fromCheckpoint = needy.length > 0 && holders.length === 0;
  const observers = fromCheckpoint
    ? needy.map(({ id }) => ({ peer: id, donors: [COORDINATOR], stateOfRound: from }))
    : withDonors(needy, holders, [], from).added;
  const members = candidates.reduce(
    (next, { id }) => withPeer(next, id, { stage: "member", round: from, computed: from - 1, waitingFor: `round ${from}` }),
    state,
  );
  const several = candidates.length === 1 ? "peer" : "peers";
  const text =
    from === 0
      ? `the run begins with ${candidates.length} of at least ${options.minPeers} ${several}`
      : `the run goes on from round ${from} with ${candidates.length} ${several}; the state is ${holders.length > 0 ? "a peer's" : "the checkpoint's"}`;
  const waiting: Membership = {
    ...members,
    phase: "running",
    roundSince: now,
    permitted: from - 1,
    views: [],
    saving: undefined,
    distrustful: false,
    audits: withoutInquiries(state.audits),
  };
  const begun = planView(waiting, observers, options, { kind: "info", text }, true);
  const restore: Effect[] = fromCheckpoint
    ? [{ type: "restore", to: needy.map(({ id }) => id), round: from }]
    : hashesFor(begun.state, observers);
  return followedBy({ ...begun, effects: [...begun.effects, ...restore] }, (next) => grantPermits(next, now, options));
}

/**
 * They follow the run from the next planned view on; some of `candidates` send them the state that its first round begins with. Those for
 * whom there is no donor with less than `most` others wait on.
 */
export function observe(
  state: Membership,
  newcomers: readonly PeerState[],
  candidates: readonly PeerState[],
  now: number,
  options: MembershipOptions,
  most = Number.POSITIVE_INFINITY,
): Decision {
  const stateOfRound = state.permitted + 1;
  const waiting = waitingObservers(state).filter(({ peer }) => newcomers.every(({ id }) => id !== peer));
  const { added, reason } = withDonors(newcomers, candidates, waiting, stateOfRound, most);
  if (added.length === 0) return unchanged(state);
  const kept = (state.views.at(-1)?.observers ?? []).filter(
    ({ peer }) => added.every((observer) => observer.peer !== peer) && state.peers.get(peer)?.stage === "observer",
  );
  const next = added.reduce(
    (before, { peer }) =>
      withPeer(before, peer, { stage: "observer", round: undefined, chunks: undefined, waitingFor: "the state", reportedAt: now }),
    state,
  );
  const names = (ids: readonly PeerId[]): string => ids.map((id) => nameOf(next.peers.get(id) as PeerState)).join(", ");
  const donors = [...new Set(added.flatMap((observer) => observer.donors))];
  const text = `${names(added.map(({ peer }) => peer))} will follow from round ${stateOfRound}, with the state from ${names(donors)}: ${reason}`;
  const planned = planView(next, [...kept, ...added], options, { kind: "info", text });
  return { ...planned, effects: [...planned.effects, ...hashesFor(planned.state, added)] };
}

/** One after the other, so that donors are shared out; `reason` is the last one's. */
function withDonors(
  needy: readonly PeerState[],
  candidates: readonly PeerState[],
  waiting: readonly Observer[],
  stateOfRound: number,
  most = Number.POSITIVE_INFINITY,
): { readonly added: readonly Observer[]; readonly reason: string } {
  const added: Observer[] = [];
  let reason = "";
  for (const { id } of needy) {
    const choice = chooseDonors(candidates, [...waiting, ...added], most);
    if (choice.donors.length === 0) break;
    reason = choice.reason;
    added.push({ peer: id, donors: [...choice.donors], stateOfRound });
  }
  return { added, reason };
}
