import type { Account } from "../protocol/audit.ts";
import { addChecksums, type Checksum, sameChecksum } from "../protocol/checksum.ts";
import type { PeerId } from "../protocol/view.ts";
import type { Check, Findings, Inquiry, Witness } from "./audit.ts";

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
 * what the slots give, its totals are the sums of what it received, and it says so.
 */
export function judge(inquiry: Inquiry): Findings {
  const guilty = new Map<PeerId, string>();
  const suspected: { sender: PeerId; owner: PeerId; why: string }[] = [];
  for (const check of inquiry.checks) judgeCheck(inquiry, check, guilty, suspected);
  for (const check of inquiry.checks) judgeForgery(inquiry, check, guilty, suspected);
  for (const { id } of inquiry.witnesses) judgeOwner(inquiry, id, guilty, suspected);
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

type Suspicion = { sender: PeerId; owner: PeerId; why: string };

/** One contribution, against what its slots give. */
function judgeCheck(inquiry: Inquiry, check: Check, guilty: Map<PeerId, string>, suspected: Suspicion[]): void {
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
function judgeForgery(
  { accounts, witnesses, round }: Inquiry,
  { audited, slots }: Check,
  guilty: Map<PeerId, string>,
  suspected: Suspicion[],
): void {
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
        suspected.push({ sender, owner, why: `in round ${round} one says that it received slots from the other that a third held` });
  }
}

/** An owner's totals are the sums of what it says it received, and what everyone else applied; and the senders say the same. */
function judgeOwner(inquiry: Inquiry, owner: PeerId, guilty: Map<PeerId, string>, suspected: Suspicion[]): void {
  const { accounts, round, witnesses } = inquiry;
  const account = accounts.get(owner);
  if (account === undefined) return;
  const additive =
    agreed(
      [...accounts.values()].map((each) => each.additive),
      witnesses.length,
    ) ?? 0;
  for (const [block, sum] of receivedSums(account)) {
    if (block >= additive) continue; // maxima do not add up
    const total = at(account.totals, block);
    if (total === undefined || !sameChecksum(total, sum)) {
      guilty.set(owner, `summed up otherwise in round ${round} than what it received gives`);
      continue;
    }
    const others = agreed(
      [...accounts.values()].map(({ totals }) => at(totals, block)?.join()),
      witnesses.length,
    );
    if (others !== undefined && others !== total.join()) guilty.set(owner, `says other totals of round ${round} than most others applied`);
  }
  for (const { sender, slots, blocks, sums } of account.received) {
    const sent = accounts.get(sender)?.sent.find((piece) => equal(piece.slots, slots));
    const differs = sent !== undefined && blocks.some((block, i) => !sameAt(sent.sums, block, sums, i));
    if (differs) suspected.push({ sender, owner, why: `in round ${round} one says that it sent what the other did not receive` });
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

/** Block → the sum of all pieces that an owner says it received. */
function receivedSums({ received }: Account): Map<number, Checksum> {
  const totals = new Map<number, Checksum>();
  for (const { blocks, sums } of received) {
    blocks.forEach((block, i) => {
      totals.set(block, addChecksums(totals.get(block) ?? [0, 0], at(sums, i) ?? [0, 0]));
    });
  }
  return totals;
}

/** What more than half of so many say. */
function agreed<T extends number | string>(said: readonly (T | undefined)[], of: number): T | undefined {
  return said.find((value) => value !== undefined && 2 * said.filter((other) => other === value).length > of);
}

function at(sums: readonly number[], block: number): Checksum | undefined {
  const [a, b] = [sums[2 * block], sums[2 * block + 1]];
  return a === undefined || b === undefined ? undefined : [a, b];
}

function sameAt(a: readonly number[], i: number, b: readonly number[], j: number): boolean {
  const [x, y] = [at(a, i), at(b, j)];
  return x !== undefined && y !== undefined && sameChecksum(x, y);
}

const equal = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((value, i) => value === b[i]);
