import type { Account } from "../../coordinator/protocol/audit.ts";
import { addChecksums, type Checksum } from "../../coordinator/protocol/checksum.ts";
import type { PeerId } from "../../coordinator/protocol/view.ts";
import { slotsOf, viewFor } from "../../coordinator/protocol/view.ts";
import type { Inquiry } from "../../coordinator/run/audit.ts";
import type { Decision } from "../../coordinator/run/membership.ts";
import { type Coordination, sent } from "./membershipScene.ts";

const BLOCKS = 6;

/** What a peer's slots give, block by block. */
export const truthOf = (peer: PeerId): number[] => Array.from({ length: BLOCKS }, (_, block) => [1000 * peer + block, 7 * peer]).flat();

/** The same with one number changed. */
export const otherwise = (sums: readonly number[], at = 0): number[] => sums.map((sum, i) => (i === at ? sum + 1 : sum));

const blockOf = (sums: readonly number[], block: number): Checksum => [sums[2 * block], sums[2 * block + 1]];

export interface Share {
  readonly peer: PeerId;
  readonly slots: readonly number[];
}

/** An honest account: member i owns every block b with b mod members = i. */
export function honestAccount(shares: readonly Share[], peer: PeerId, sentBy: (peer: PeerId) => readonly number[] = truthOf): Account {
  const mine = Array.from({ length: BLOCKS }, (_, block) => block).filter((block) => shares[block % shares.length].peer === peer);
  const totals = Array.from({ length: BLOCKS }, (_, block) =>
    shares.map((share) => blockOf(sentBy(share.peer), block)).reduce(addChecksums),
  ).flat();
  return {
    additive: BLOCKS,
    sent: shares.filter((share) => share.peer === peer).map(({ slots }) => ({ slots: [...slots], sums: [...sentBy(peer)] })),
    received: shares.map(({ peer: sender, slots }) => ({
      sender,
      slots: [...slots],
      blocks: mine,
      sums: mine.flatMap((block) => [...blockOf(sentBy(sender), block)]),
    })),
    aggregated: [],
    totals,
  };
}

/** The members' shares of the slots in a round. */
export function sharesIn({ state, options }: Coordination, round: number): Share[] {
  const view = viewFor(state.views, round);
  if (view === undefined) throw new Error(`no view holds for round ${round}`);
  return view.members.map((peer) => ({ peer, slots: slotsOf(view, peer, options.config.slots) }));
}

export const inquiryInto = ({ state }: Coordination, round: number): Inquiry => {
  const found = [...state.audits.inquiries.values()].find((inquiry) => inquiry.round === round);
  if (found === undefined) throw new Error(`there is no inquiry into round ${round}`);
  return found;
};

export interface Lies {
  /** What a peer sent to everyone, instead of what its slots give. */
  readonly sent?: ReadonlyMap<PeerId, readonly number[]>;
  readonly accounts?: ReadonlyMap<PeerId, (honest: Account) => Account>;
  readonly recomputed?: ReadonlyMap<PeerId, (honest: number[]) => number[]>;
}

/** Everyone does the round, and answers: honestly but for the lies. Returns the decision about the last answer. */
export function answer(scene: Coordination, round: number, lies: Lies = {}): Decision {
  scene.membersDo(round);
  const { inquiry, checks, witnesses } = inquiryInto(scene, round);
  const shares = sharesIn(scene, round);
  const sentBy = (peer: PeerId) => lies.sent?.get(peer) ?? truthOf(peer);
  let last: Decision | undefined;
  for (const { audited, auditor } of checks) {
    const sums = (lies.recomputed?.get(auditor) ?? ((honest: number[]) => honest))(truthOf(audited));
    last = scene.apply({ type: "recomputed", peer: auditor, inquiry, sums });
  }
  for (const { id } of witnesses) {
    const account = (lies.accounts?.get(id) ?? ((honest: Account) => honest))(honestAccount(shares, id, sentBy));
    last = scene.apply({ type: "account", peer: id, inquiry, account });
  }
  return last as Decision;
}

export const drops = ({ effects }: Decision): PeerId[] => effects.flatMap((effect) => (effect.type === "drop" ? [effect.peer] : []));

export const cases = ({ effects }: Decision) => effects.flatMap((effect) => (effect.type === "arbitrate" ? [effect.case] : []));

/** Whom a decision tells that something is settled. */
export const told = (decision: Decision): readonly PeerId[] => sent(decision, "settled").flatMap(({ to }) => to);
