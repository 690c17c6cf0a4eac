import type { Account } from "../protocol/audit.ts";
import { addChecksums, type Checksum, sameChecksum } from "../protocol/checksum.ts";
import type { PeerId } from "../protocol/view.ts";
import { aggregatedBy, agreed, at, contributedBy, isEmptyAccount, sameAt } from "./accountSums.ts";
import type { Inquiry } from "./audit.ts";
import type { Ways } from "./ways.ts";

/** One word against another. */
interface Suspicion {
  readonly sender: PeerId;
  readonly owner: PeerId;
  readonly why: string;
}

/** What an inquiry has found so far. */
export interface Verdicts {
  readonly guilty: Map<PeerId, string>;
  readonly suspected: Suspicion[];
}

/** So many blocks, from the first on, are sums, as most say. */
const additiveBlocks = ({ accounts, witnesses }: Inquiry): number =>
  agreed(
    [...accounts.values()].map((each) => each.additive),
    witnesses.length,
  ) ?? 0;

/**
 * Whoever sums up, as an owner or as the aggregator of a row: what it says it received has to add up to what it says came out, the totals
 * or the sum of its row; and where it is known who was to sum up what, it has to be each of these slots once. Directly, totals also have to
 * be what most others applied: each has heard them from the owner itself.
 */
export function judgeSums(inquiry: Inquiry, ways: Ways | undefined, { guilty }: Verdicts): void {
  const { accounts, round } = inquiry;
  const additive = additiveBlocks(inquiry); // maxima do not add up
  for (const [id, account] of accounts) {
    const pieces = piecesByBlock(account);
    for (let block = 0; block < additive; block++) {
      const received = pieces.get(block) ?? [];
      const gathered = ways?.gathers(id, block);
      const isIdle = ways === undefined ? received.length === 0 : gathered === undefined;
      if (isIdle || isEmptyAccount(account)) continue;
      const owns = ways === undefined || ways.owner(block) === id;
      const out = owns ? at(account.totals, block) : aggregatedBy(account, block);
      const sum = received.reduce<Checksum>((total, piece) => addChecksums(total, piece.sum), [0, 0]);
      if (out === undefined || !sameChecksum(out, sum)) guilty.set(id, `summed up otherwise in round ${round} than what it received gives`);
      else if (gathered !== undefined && slotsOfAll(received) !== gathered)
        guilty.set(id, `did not sum up each slot once in round ${round}`);
      else if (owns && ways?.twoLevels === false && saidOtherwise(inquiry, block, out))
        guilty.set(id, `says other totals of round ${round} than most others applied`);
    }
  }
}

function saidOtherwise({ accounts, witnesses }: Inquiry, block: number, total: Checksum): boolean {
  const said = [...accounts.values()].map(({ totals }) => at(totals, block)?.join());
  const most = agreed(said, witnesses.length);
  return most !== undefined && most !== total.join();
}

/**
 * What one says it sent has to be what the next says it received. Where it is known who was to send what, also: who received something else,
 * or what the other says nothing about, has its word against that one's; and who sent more than half of the members what it was not to send
 * is proven wrong.
 */
export function judgeReceived(inquiry: Inquiry, ways: Ways | undefined, { guilty, suspected }: Verdicts): void {
  const { accounts, round, witnesses } = inquiry;
  const additive = additiveBlocks(inquiry);
  const strangers = new Map<PeerId, Set<PeerId>>();
  for (const [owner, { received }] of accounts) {
    for (const { sender, slots, blocks, sums } of received) {
      const account = accounts.get(sender);
      const isDue = (block: number) => ways === undefined || block >= additive || ways.sends(sender, slots, block) !== undefined;
      const strange = !blocks.every(isDue);
      if (strange && sender !== owner) strangers.set(sender, (strangers.get(sender) ?? new Set()).add(owner));
      const differs = blocks.some((block, i) => {
        const said = account === undefined ? undefined : saidOf(account, slots, block);
        return said === undefined ? lacks(account, block, additive, ways) : !sameAt(said, 0, sums, i);
      });
      if (sender !== owner) {
        if (differs) suspected.push({ sender, owner, why: `in round ${round} one says that it sent what the other did not receive` });
      } else if ((strange || differs) && !guilty.has(owner))
        guilty.set(owner, `says two things about what it contributed to round ${round}`);
    }
  }
  const why = `in round ${round} one says that it received slots from the other that a third held`;
  for (const [sender, saying] of strangers) {
    if (2 * saying.size > witnesses.length) guilty.set(sender, `contributed slots to round ${round} that another peer held`);
    else for (const owner of saying) suspected.push({ sender, owner, why });
  }
}

/** On two levels totals come down by way of aggregators: who applied others than the one from whom it heard them has its word against that one's. */
export function judgeTotals(inquiry: Inquiry, ways: Ways, { suspected }: Verdicts): void {
  const { accounts, round } = inquiry;
  const additive = additiveBlocks(inquiry);
  for (const [id, { totals }] of accounts) {
    for (let block = 0; block < additive; block++) {
      const above = ways.upstream(id, block);
      const [here, there] = [at(totals, block), at(accounts.get(above ?? id)?.totals ?? [], block)];
      if (above === undefined || here === undefined || there === undefined || sameChecksum(here, there)) continue;
      suspected.push({ sender: above, owner: id, why: `in round ${round} one says that it applied other totals than the other sent` });
    }
  }
}

/** Either way of saying it: a row with one holder of slots has both over the same. */
const saidOf = (account: Account, slots: readonly number[], block: number): Checksum | undefined =>
  contributedBy(account, slots, block) ?? aggregatedBy(account, block, slots);

/** Whether a peer has to account for what it sent of this block. */
const lacks = (account: Account | undefined, block: number, additive: number, ways: Ways | undefined): boolean =>
  ways !== undefined && block < additive && account !== undefined && !isEmptyAccount(account);

interface Received {
  readonly slots: readonly number[];
  readonly sum: Checksum;
}

/** Block → the pieces that a peer says it received. */
function piecesByBlock({ received }: Account): Map<number, Received[]> {
  const pieces = new Map<number, Received[]>();
  for (const { slots, blocks, sums } of received) {
    blocks.forEach((block, i) => {
      pieces.set(block, [...(pieces.get(block) ?? []), { slots, sum: at(sums, i) ?? [0, 0] }]);
    });
  }
  return pieces;
}

const slotsOfAll = (pieces: readonly Received[]): string =>
  pieces
    .flatMap(({ slots }) => slots)
    .sort((a, b) => a - b)
    .join();
