import { describeRound } from "../protocol/rounds.ts";
import { memberTest, ROW_SIZE } from "../protocol/topology.ts";
import { type PeerId, slotHolder, slotsOf, viewFor } from "../protocol/view.ts";
import type { Check, Inquiry } from "./audit.ts";
import { changed, changedAudits } from "./changed.ts";
import { keyedWords } from "./keyedWords.ts";
import { type Decision, type Effect, type Membership, type MembershipOptions, unchanged } from "./membership.ts";

/**
 * Draws, for each round that is about to be permitted, whose contributions are computed again and by whom. Only the auditors are told; nobody
 * who does not know the secret can foresee it.
 */
export function orderAudits(state: Membership, through: number, options: MembershipOptions): Decision {
  if (options.auditShare === 0 && state.audits.alert.through <= state.permitted) return unchanged(state);
  // What was committed without being asked about (it was committed again, in another's place) will not be asked about.
  const due = [...state.audits.inquiries].filter(([, { stage, round }]) => stage !== "ordered" || round >= state.committed);
  const inquiries = new Map(due);
  const effects: Effect[] = [];
  let { nextInquiry } = state.audits;
  for (let round = state.permitted + 1; round <= through; round++) {
    const alert = round <= state.audits.alert.through;
    const checks = drawChecks(state, round, nextInquiry, alert ? 1 : options.auditShare, options);
    if (checks.length === 0) continue;
    const inRows = viewFor(state.views, round)?.seats !== undefined;
    inquiries.set(nextInquiry, { ...newInquiry, inquiry: nextInquiry, round, checks, inRows, alert });
    for (const { auditor, slots } of checks)
      effects.push({ type: "send", to: [auditor], message: { type: "audit", inquiry: nextInquiry, round, slots: [...slots] } });
    nextInquiry++;
  }
  return { state: changed(state, { audits: changedAudits(state.audits, { nextInquiry, inquiries }) }), effects, reasons: [] };
}

const newInquiry: Omit<Inquiry, "inquiry" | "round" | "checks" | "inRows" | "alert"> = {
  view: undefined,
  skipped: false,
  disputed: [],
  stage: "ordered",
  since: 0,
  witnesses: [],
  bystanders: [],
  accounts: new Map(),
};

/**
 * In a round with any audit everyone gives account. Up to 32 contributions are drawn independently of each other; of more as many are drawn,
 * but from fewer rounds: so that all accounts together cost the coordinator no more than those of 32 do, as far as the share allows it.
 */
function shareOfRounds(share: number, contributions: number): number {
  if (contributions <= ROW_SIZE) return 1;
  return Math.max(share, ((1 - (1 - share) ** ROW_SIZE) * ROW_SIZE) / contributions);
}

/** Each contribution is drawn with this probability; its auditor is the member that stands a secret number of places further on. */
function drawChecks(state: Membership, round: number, inquiry: number, share: number, { config, auditSecret }: MembershipOptions): Check[] {
  const view = viewFor(state.views, round);
  if (view === undefined) return [];
  const { slots } = describeRound(config, round);
  const holds = memberTest(Array.from({ length: slots }, (_, slot) => slotHolder(view, slot, slots)));
  const holders = view.members.filter(holds);
  if (holders.length < 2) return [];
  const [shift, ...words] = keyedWords(auditSecret, `round ${round} inquiry ${inquiry}`, 2 + holders.length);
  const rounds = shareOfRounds(share, holders.length);
  if ((words.at(-1) as number) >= rounds * 2 ** 32) return [];
  const distance = 1 + ((shift as number) % (holders.length - 1));
  return holders.flatMap((audited, i) => {
    const drawn = (words[i] as number) < (share / rounds) * 2 ** 32;
    return drawn ? [{ audited, auditor: holders[(i + distance) % holders.length] as PeerId, slots: slotsOf(view, audited, slots) }] : [];
  });
}
