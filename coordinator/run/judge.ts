import type { PeerId } from "../protocol/view.ts";
import { equal, sameAt } from "./accountSums.ts";
import type { Check, Findings, Inquiry, Witness } from "./audit.ts";
import { judgeReceived, judgeSums, judgeTotals, type Verdicts } from "./judgeSums.ts";
import type { Ways } from "./ways.ts";

/** Checks whose auditor says otherwise than the audited peer, or than somebody who received its contribution: somebody is wrong. */
export function contradicted(inquiry: Inquiry): Check[] {
  return inquiry.checks.filter((check) => {
    const { recomputed, audited } = check;
    if (recomputed === undefined) return false;
    const sent = sentBy(inquiry, check);
    return (sent !== undefined && !equal(sent, recomputed)) || accusersOf(inquiry, audited, check.slots, recomputed).length > 0;
  });
}

/**
 * Who is wrong, as far as it can be proven. An honest peer is found guilty only if more than half of the members lie: what it sent is
 * what the slots give, what it sums up is what it received, and it says so. `ways` says who was to send what to whom; without it
 * (a repair has changed that) what is compared is only what two say of the same.
 */
export function judge(inquiry: Inquiry, ways: Ways | undefined): Findings {
  const verdicts: Verdicts = { guilty: new Map(), suspected: [] };
  const { guilty, suspected } = verdicts;
  for (const check of inquiry.checks) judgeCheck(inquiry, check, verdicts);
  if (ways === undefined) for (const check of inquiry.checks) judgeForgery(inquiry, check, verdicts);
  judgeSums(inquiry, ways, verdicts);
  judgeReceived(inquiry, ways, verdicts);
  if (ways?.twoLevels) judgeTotals(inquiry, ways, verdicts);
  const witness = new Map([...inquiry.bystanders, ...inquiry.witnesses].map((each) => [each.id, each]));
  const disputes = suspected.filter(({ sender, owner }) => !guilty.has(sender) && !guilty.has(owner));
  return {
    guilty: [...guilty].flatMap(([id, why]) => (witness.has(id) ? [{ witness: witness.get(id) as Witness, why }] : [])),
    disputes: disputes
      .filter((each, i) => disputes.findIndex(({ sender, owner }) => sender === each.sender && owner === each.owner) === i)
      .flatMap(({ sender, owner, why }) => {
        const [a, b] = [witness.get(sender), witness.get(owner)];
        return a === undefined || b === undefined ? [] : [{ sender: a, owner: b, why }];
      }),
  };
}

/** One contribution, against what its slots give. */
function judgeCheck(inquiry: Inquiry, check: Check, { guilty, suspected }: Verdicts): void {
  const { audited, auditor, slots, recomputed, truth = recomputed } = check;
  const { round, witnesses } = inquiry;
  if (truth === undefined) return;
  if (recomputed !== undefined && !equal(recomputed, truth))
    guilty.set(auditor, `computed other numbers than slots ${slots.join(", ")} of round ${round} give`);
  const sent = sentBy(inquiry, check);
  const accusers = accusersOf(inquiry, audited, slots, truth);
  if (sent !== undefined && !equal(sent, truth)) guilty.set(audited, `contributed other numbers than its slots of round ${round} give`);
  else if (2 * accusers.length > witnesses.length) {
    guilty.set(audited, `sent ${accusers.length} of ${witnesses.length} members other numbers than its slots of round ${round} give`);
  } else {
    const why = `in round ${round} one says that it received other numbers than the other's slots give`;
    for (const owner of accusers) suspected.push({ sender: audited, owner, why });
  }
}

/** Nobody but the audited peer held these slots in this round: whoever else contributed them had no right to. */
function judgeForgery({ accounts, witnesses, round }: Inquiry, { audited, slots }: Check, { guilty, suspected }: Verdicts): void {
  const owners = new Map<PeerId, Set<PeerId>>();
  for (const [owner, { received }] of accounts) {
    for (const { sender, slots: theirs } of received) {
      if (sender === audited || !theirs.some((slot) => slots.includes(slot))) continue;
      owners.set(sender, (owners.get(sender) ?? new Set()).add(owner));
    }
  }
  for (const [sender, saying] of owners) {
    if (2 * saying.size > witnesses.length) guilty.set(sender, `contributed slots to round ${round} that another peer held`);
    else
      for (const owner of saying)
        if (owner !== sender)
          // nobody contradicts itself
          suspected.push({ sender, owner, why: `in round ${round} one says that it received slots from the other that a third held` });
  }
}

/** What the audited peer says it sent; undefined when it gives no account of just these slots. */
const sentBy = ({ accounts }: Inquiry, { audited, slots }: Check): readonly number[] | undefined =>
  accounts.get(audited)?.sent.find((piece) => equal(piece.slots, slots))?.sums;

/** Who says that it received something else from `sender` than these checksums. */
function accusersOf({ accounts, witnesses }: Inquiry, sender: PeerId, slots: readonly number[], sums: readonly number[]): PeerId[] {
  const others = witnesses.filter(({ id }) => id !== sender);
  return others.flatMap(({ id }) => {
    const pieces = accounts.get(id)?.received.filter((piece) => piece.sender === sender && equal(piece.slots, slots)) ?? [];
    return pieces.some((piece) => piece.blocks.some((block, i) => !sameAt(sums, block, piece.sums, i))) ? [id] : [];
  });
}
