import fc from "fast-check";
import { expect, test } from "vitest";
import type { Account } from "../../coordinator/protocol/audit.ts";
import type { Inquiry } from "../../coordinator/run/audit.ts";
import { judge } from "../../coordinator/run/judge.ts";
import { honestAccount, truthOf } from "./auditScene.ts";

/** Numbers of an account that a liar may have changed at will, but for whose they are. */
function distorted(account: Account, random: () => number): Account {
  const change = (sums: readonly number[]) =>
    sums.map((sum) => (random() < 0.3 ? (sum + Math.floor(random() * 1000)) % 2_147_483_629 : sum));
  return {
    additive: random() < 0.2 ? Math.floor(random() * 9) : account.additive,
    sent: account.sent.map(({ slots, sums }) => ({ slots: random() < 0.2 ? [0, 1] : slots, sums: change(sums) })),
    received: account.received
      .filter(() => random() < 0.9)
      .map((piece) => ({ ...piece, sender: random() < 0.1 ? 1 : piece.sender, sums: change(piece.sums) })),
    aggregated: [],
    totals: random() < 0.1 ? [] : change(account.totals),
  };
}

test("AU3 no honest peer is found guilty while less than half of the members lie, whatever they say together", () => {
  const scene = fc.record({ members: fc.integer({ min: 3, max: 11 }), seed: fc.integer(), first: fc.nat(10) });
  const holds = ({ members, seed, first }: { members: number; seed: number; first: number }) => {
    let word = seed | 0;
    const random = () => {
      word = (Math.imul(word, 1664525) + 1013904223) | 0;
      return (word >>> 0) / 2 ** 32;
    };
    const liars = new Set(Array.from({ length: Math.ceil(members / 2) - 1 }, (_, i) => 1 + ((first + i) % members)));
    const shares = Array.from({ length: members }, (_, i) => ({ peer: i + 1, slots: [2 * i, 2 * i + 1] }));
    // Liars send whatever they like, the same to all; honest owners say what they received.
    const lies = new Map([...liars].map((peer) => [peer, truthOf(peer).map((sum) => sum + (random() < 0.5 ? 1 : 0))]));
    const accounts = new Map(
      shares.map(({ peer }) => {
        const account = honestAccount(shares, peer, (sender) => lies.get(sender) ?? truthOf(sender));
        return [peer, liars.has(peer) ? distorted(account, random) : account] as const;
      }),
    );
    const inquiry: Inquiry = {
      inquiry: 1,
      round: 3,
      inRows: false,
      view: undefined,
      alert: false,
      skipped: false,
      disputed: [],
      stage: "arbitrating",
      since: 0,
      bystanders: [],
      witnesses: shares.map(({ peer }) => ({ id: peer, name: `P${peer}`, identity: `${peer}` })),
      checks: shares.map(({ peer, slots }, i) => {
        const auditor = ((i + 1) % members) + 1;
        const recomputed = liars.has(auditor) ? truthOf(peer).map((sum) => sum + (random() < 0.5 ? 1 : 0)) : truthOf(peer);
        return { audited: peer, auditor, slots, recomputed, truth: truthOf(peer) };
      }),
      accounts,
    };
    const { guilty, disputes } = judge(inquiry, undefined);
    for (const { witness, why } of guilty) expect(liars, why).toContain(witness.id);
    for (const { sender, owner } of disputes) expect(liars.has(sender.id) || liars.has(owner.id)).toBe(true);
  };
  fc.assert(fc.property(scene, holds), { numRuns: 1000 });
});
