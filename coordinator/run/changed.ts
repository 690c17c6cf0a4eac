import type { Audits, Inquiry } from "./audit.ts";
import type { Membership, PeerState } from "./membership.ts";

/*
 * Spreads would make the same copies. But V8 gives the copy of a copy another hidden class each time, until it gives up on fast ones: then each
 * copy takes ten times as long, and whatever reads the fields is compiled again and again. Field by field all copies have one; the compiler
 * names a field that is missing, an optional one too.
 */

/** The same, but for this. */
export const changed = (state: Membership, change: Partial<Membership>): Membership => Object.assign(copyOfState(state), change);

/** The same, but for this. */
export const changedPeer = (peer: PeerState, change: Partial<PeerState>): PeerState => Object.assign(copyOfPeer(peer), change);

/** The same, but for this. */
export const changedAudits = (audits: Audits, change: Partial<Audits>): Audits => Object.assign(copyOfAudits(audits), change);

/** The same, but for this. */
export const changedInquiry = (inquiry: Inquiry, change: Partial<Inquiry>): Inquiry => Object.assign(copyOfInquiry(inquiry), change);

const copyOfState = (state: Membership): Membership =>
  ({
    phase: state.phase,
    nextPeer: state.nextPeer,
    nextView: state.nextView,
    peers: state.peers,
    linkedAcross: state.linkedAcross,
    views: state.views,
    permitted: state.permitted,
    committed: state.committed,
    hashes: state.hashes,
    selfTest: state.selfTest,
    roundMs: state.roundMs,
    lastCommitAt: state.lastCommitAt,
    roundSince: state.roundSince,
    lastViewAt: state.lastViewAt,
    durations: state.durations,
    checkpoint: state.checkpoint,
    lastCheckpointAt: state.lastCheckpointAt,
    paused: state.paused,
    saving: state.saving,
    audits: state.audits,
    fork: state.fork,
    standstill: state.standstill,
    rests: state.rests,
    distrustful: state.distrustful,
  }) satisfies Record<keyof Membership, unknown>;

const copyOfPeer = (peer: PeerState): PeerState =>
  ({
    id: peer.id,
    hello: peer.hello,
    stage: peer.stage,
    seat: peer.seat,
    links: peer.links,
    imagesPerSecond: peer.imagesPerSecond,
    measuredAt: peer.measuredAt,
    round: peer.round,
    chunks: peer.chunks,
    hash: peer.hash,
    offers: peer.offers,
    computed: peer.computed,
    mayReturnAt: peer.mayReturnAt,
    timesLate: peer.timesLate,
    waits: peer.waits,
    ownsAfter: peer.ownsAfter,
    silentWith: peer.silentWith,
    backlog: peer.backlog,
    complainers: peer.complainers,
    disputants: peer.disputants,
    reportedAt: peer.reportedAt,
    hidden: peer.hidden,
    waitingFor: peer.waitingFor,
    bytesSent: peer.bytesSent,
    joinedAt: peer.joinedAt,
    lastSeenAt: peer.lastSeenAt,
  }) satisfies Record<keyof PeerState, unknown>;

const copyOfAudits = (audits: Audits): Audits =>
  ({
    nextInquiry: audits.nextInquiry,
    inquiries: audits.inquiries,
    strikes: audits.strikes,
    alert: audits.alert,
    suspicions: audits.suspicions,
  }) satisfies Record<keyof Audits, unknown>;

const copyOfInquiry = (inquiry: Inquiry): Inquiry =>
  ({
    inquiry: inquiry.inquiry,
    round: inquiry.round,
    checks: inquiry.checks,
    inRows: inquiry.inRows,
    view: inquiry.view,
    alert: inquiry.alert,
    skipped: inquiry.skipped,
    disputed: inquiry.disputed,
    stage: inquiry.stage,
    since: inquiry.since,
    witnesses: inquiry.witnesses,
    bystanders: inquiry.bystanders,
    accounts: inquiry.accounts,
  }) satisfies Record<keyof Inquiry, unknown>;
