import { describeRound } from "../protocol/rounds.ts";
import { isRepaired, type PeerId, slotsOf, type View, viewFor } from "../protocol/view.ts";
import type { Audits, Check, Inquiry, Witness } from "./audit.ts";
import { changedAudits, changedInquiry } from "./changed.ts";
import { contradicted, judge } from "./judge.ts";
import { keyedWords } from "./keyedWords.ts";
import {
  type Case,
  type Decision,
  type Effect,
  followedBy,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
  nameOf,
  peersAt,
  type RoundReport,
  unchanged,
} from "./membership.ts";
import { dispute, strike } from "./strikes.ts";
import { afterAlert, alertAfter } from "./suspicion.ts";
import { type Ways, waysOf } from "./ways.ts";

/** Accounts and audits are there by then, or the inquiry ends without them. */
const ACCOUNT_MS = 60_000;

/** The arbiter has to load the images, build an engine and compute a few slots. */
const ARBITRATION_MS = 180_000;

type Event<T extends MembershipEvent["type"]> = Extract<MembershipEvent, { type: T }>;

/** A round is committed: everyone is asked to give account of it, if some of it was audited. */
export function inquire(state: Membership, { round, metrics }: RoundReport, now: number, options: MembershipOptions): Decision {
  const next = alertAfter(state, round, metrics, options);
  const inquiry = [...state.audits.inquiries.values()].find((each) => each.stage === "ordered" && each.round === round);
  if (inquiry === undefined) return next;
  const view = intactView(state, round);
  // Of a repaired round on two levels rows may have been brought together twice, with other slots.
  const comparable = view !== undefined || !inquiry.inRows;
  const checks = comparable ? inquiry.checks.filter((check) => stillHolds(state, round, check, options)) : [];
  if (checks.length === 0) return followedBy(next, (before) => unchanged(forget(before, inquiry)));
  const [witnesses, bystanders] = [witnessesAt(state, "member"), witnessesAt(state, "observer")];
  const asked: Inquiry = changedInquiry(inquiry, {
    checks,
    view,
    witnesses,
    bystanders,
    stage: "asked",
    since: now,
    skipped: metrics.skipped,
  });
  const message = { type: "inquire" as const, inquiry: inquiry.inquiry, round, key: keyOf(inquiry, options) };
  return followedBy(next, (before) => ({
    state: withInquiry(before, asked),
    effects: [{ type: "send", to: witnesses.map(({ id }) => id), message }],
    reasons: [],
  }));
}

const witnessesAt = (state: Membership, stage: "member" | "observer"): Witness[] =>
  peersAt(state, stage).map((peer) => ({ id: peer.id, name: nameOf(peer), identity: peer.hello.identity }));

/** Who was to send what to whom in a round; undefined when a repair has changed it. */
function intactView({ views }: Membership, round: number): View | undefined {
  const view = viewFor(views, round);
  return view === undefined || isRepaired(view, round) ? undefined : view;
}

/** After a repair others may hold the slots: then there is nothing to compare. */
function stillHolds(state: Membership, round: number, check: Check, options: MembershipOptions): boolean {
  const view = viewFor(state.views, round);
  const present = [check.audited, check.auditor].every((id) => state.peers.get(id)?.stage === "member");
  return view !== undefined && present && holds(view, round, check, options);
}

/** Whether the slots that are to be compared are the audited peer's, all of them and no others. */
const holds = (view: View, round: number, { audited, slots }: Check, { config }: MembershipOptions): boolean =>
  slotsOf(view, audited, describeRound(config, round).slots).join() === slots.join();

export function hearAccount(state: Membership, event: Event<"account">, now: number, options: MembershipOptions): Decision {
  const inquiry = state.audits.inquiries.get(event.inquiry);
  if (inquiry?.stage !== "asked" || inquiry.accounts.has(event.peer) || inquiry.witnesses.every(({ id }) => id !== event.peer))
    return unchanged(state);
  const accounts = new Map(inquiry.accounts).set(event.peer, event.account);
  return concludeIfComplete(withInquiry(state, changedInquiry(inquiry, { accounts })), event.inquiry, now, options);
}

export function hearRecomputed(state: Membership, event: Event<"recomputed">, now: number, options: MembershipOptions): Decision {
  const inquiry = state.audits.inquiries.get(event.inquiry);
  if (inquiry?.stage !== "asked") return unchanged(state);
  const checks = inquiry.checks.map((check) =>
    check.auditor === event.peer && check.recomputed === undefined ? { ...check, recomputed: event.sums } : check,
  );
  return concludeIfComplete(withInquiry(state, changedInquiry(inquiry, { checks })), event.inquiry, now, options);
}

/** Nobody is waited for who is gone. */
function concludeIfComplete(state: Membership, id: number, now: number, options: MembershipOptions): Decision {
  const inquiry = state.audits.inquiries.get(id) as Inquiry;
  const accountsMissing = inquiry.witnesses.some((witness) => state.peers.has(witness.id) && !inquiry.accounts.has(witness.id));
  const auditsMissing = inquiry.checks.some(({ auditor, recomputed }) => state.peers.has(auditor) && recomputed === undefined);
  return accountsMissing || auditsMissing ? unchanged(state) : conclude(state, inquiry, now, options);
}

/** All accounts agree, or the arbiter has to say who is wrong. */
function conclude(state: Membership, asked: Inquiry, now: number, options: MembershipOptions): Decision {
  const inquiry = asRepaired(state, asked, options);
  if (inquiry.inRows && inquiry.view === undefined)
    return { state: forget(state, inquiry), effects: [settled(state, inquiry)], reasons: [] };
  const busy = disputants(state);
  const [first, ...rest] = contradicted(inquiry).filter(
    ({ auditor, audited }) => state.peers.has(auditor) && !busy.has(auditor) && !busy.has(audited),
  );
  if (first === undefined) return settle(state, inquiry, now, options);
  const disputed: Case = {
    inquiry: inquiry.inquiry,
    round: inquiry.round,
    shownBy: first.auditor,
    stateHash: inquiry.round === 0 ? undefined : state.hashes.get(inquiry.round - 1),
    slots: [first, ...rest].map(({ slots }) => slots),
    key: keyOf(inquiry, options),
  };
  const names = [first, ...rest].map(({ audited }) => inquiry.witnesses.find(({ id }) => id === audited)?.name ?? `peer ${audited}`);
  const text = `round ${inquiry.round} was audited: what ${names.join(", ")} contributed is disputed; the coordinator computes it itself`;
  return {
    state: withInquiry(state, changedInquiry(inquiry, { disputed: disputed.slots, stage: "arbitrating", since: now })),
    effects: [
      { type: "send", to: [first.auditor], message: { type: "show", inquiry: inquiry.inquiry } },
      { type: "arbitrate", case: disputed },
    ],
    reasons: [{ kind: "warning", text }],
  };
}

/** A repair may have come since the round was asked about: some still worked on it, and slots whose holder was lost are others' now. */
function asRepaired({ views }: Membership, inquiry: Inquiry, options: MembershipOptions): Inquiry {
  const view = viewFor(views, inquiry.round);
  if (view === undefined || !isRepaired(view, inquiry.round)) return inquiry;
  return changedInquiry(inquiry, { view: undefined, checks: inquiry.checks.filter((check) => holds(view, inquiry.round, check, options)) });
}

/** Whom the arbiter is occupied with already: one verdict is enough, and a liar must not be able to keep it busy. */
const disputants = ({ audits }: Membership): Set<PeerId> =>
  new Set(
    [...audits.inquiries.values()]
      .filter(({ stage }) => stage === "arbitrating")
      .flatMap((inquiry) => contradicted(inquiry).flatMap(({ audited, auditor }) => [audited, auditor])),
  );

/** Without the arbiter's word an auditor that stands against others proves nothing: what it says is left out. */
function withoutHearsay(inquiry: Inquiry): Inquiry {
  const open = contradicted(inquiry).filter(({ truth }) => truth === undefined);
  return changedInquiry(inquiry, { checks: inquiry.checks.filter((check) => !open.includes(check)) });
}

/** The arbiter has computed the disputed contributions, or could not. */
export function arbitrated(
  state: Membership,
  { inquiry: id, result }: Event<"arbitrated">,
  now: number,
  options: MembershipOptions,
): Decision {
  const inquiry = state.audits.inquiries.get(id);
  if (inquiry?.stage !== "arbitrating") return unchanged(state);
  if ("failure" in result) return withoutVerdict(state, inquiry, result.failure);
  const checks = inquiry.checks.map((check) => {
    const truth = result.sums[inquiry.disputed.findIndex((slots) => slots.join() === check.slots.join())];
    return truth === undefined ? check : { ...check, truth };
  });
  return settle(state, changedInquiry(inquiry, { checks }), now, options);
}

function withoutVerdict(state: Membership, inquiry: Inquiry, why: string): Decision {
  const text = `the inquiry into round ${inquiry.round} ended without a verdict: ${why}; nobody is blamed`;
  return { state: forget(state, inquiry), effects: [settled(state, inquiry)], reasons: [{ kind: "warning", text }] };
}

const waysIn = ({ view, round }: Inquiry, { config }: MembershipOptions): Ways | undefined =>
  view === undefined ? undefined : waysOf(view, describeRound(config, round).slots);

/** Whoever is proven wrong gets a strike; where one word stands against another, both are remembered. */
function settle(state: Membership, inquiry: Inquiry, now: number, options: MembershipOptions): Decision {
  const { guilty, disputes } = judge(withoutHearsay(inquiry), waysIn(inquiry, options));
  const begun: Decision = { state: forget(state, inquiry), effects: [settled(state, inquiry)], reasons: [] };
  const struck = guilty.reduce((decision, { witness, why }) => followedBy(decision, (next) => strike(next, witness, why, now)), begun);
  const disputed = disputes.reduce((decision, each) => followedBy(decision, (next) => dispute(next, each, now, options)), struck);
  return followedBy(disputed, (next) => afterAlert(next, inquiry, guilty.length + disputes.length));
}

/** What is not answered in time ends without the answer; who could have given it and did not has to join again. */
export function closeOverdue(state: Membership, now: number, options: MembershipOptions): Decision {
  const overdue = [...state.audits.inquiries.values()].filter(
    ({ stage, since }) => stage !== "ordered" && now - since > (stage === "asked" ? ACCOUNT_MS : ARBITRATION_MS),
  );
  return overdue.reduce((decision, inquiry) => followedBy(decision, (next) => close(next, inquiry, now, options)), unchanged(state));
}

function close(state: Membership, inquiry: Inquiry, now: number, options: MembershipOptions): Decision {
  if (inquiry.stage === "arbitrating") return withoutVerdict(state, inquiry, `nobody could compute it within ${ARBITRATION_MS / 1000} s`);
  const silent = inquiry.witnesses.filter(({ id }) => (state.peers.get(id)?.round ?? -1) > inquiry.round && !inquiry.accounts.has(id));
  const drops: Effect[] = silent.map(({ id, name }) => ({
    type: "drop",
    peer: id,
    sentence: `${name} gave no account of round ${inquiry.round} within ${ACCOUNT_MS / 1000} s and has to join again`,
  }));
  const concluded = conclude(state, inquiry, now, options);
  return { ...concluded, effects: [...concluded.effects, ...drops] };
}

/** Secret until everyone who is asked has sent what it is asked about. */
function keyOf({ inquiry, round }: Inquiry, { auditSecret }: MembershipOptions): [number, number] {
  const [first, second] = keyedWords(auditSecret, `key of inquiry ${inquiry} into round ${round}`, 2);
  return [first as number, second as number];
}

const settled = (state: Membership, { inquiry, witnesses }: Inquiry): Effect => ({
  type: "send",
  to: witnesses.map(({ id }) => id).filter((id) => state.peers.has(id)),
  message: { type: "settled", inquiry },
});

const withInquiry = (state: Membership, inquiry: Inquiry): Membership => ({
  ...state,
  audits: changedAudits(state.audits, { inquiries: new Map(state.audits.inquiries).set(inquiry.inquiry, inquiry) }),
});

const forget = (state: Membership, { inquiry }: Inquiry): Membership => ({
  ...state,
  audits: changedAudits(state.audits, { inquiries: new Map([...state.audits.inquiries].filter(([id]) => id !== inquiry)) }),
});

/** The run begins again: what was ordered for its rounds will not be asked about. */
export const withoutInquiries = (audits: Audits): Audits => changedAudits(audits, { inquiries: new Map() });
