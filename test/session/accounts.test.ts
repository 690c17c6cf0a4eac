import { expect, test } from "vitest";
import { addChecksums, type ChecksumKey } from "../../coordinator/protocol/checksum.ts";
import { describeRound } from "../../coordinator/protocol/rounds.ts";
import { MAX_LEASE_ROUNDS } from "../../coordinator/protocol/view.ts";
import { MalformedFrame } from "../../worker/collective/frame.ts";
import { RoundExchange } from "../../worker/collective/roundExchange.ts";
import { Accounts, checksums } from "../../worker/session/accounts.ts";
import { simulatedConfig } from "../simulator/simulatedConfig.ts";
import { frameOf, sessionOf, viewOf } from "./sessionScene.ts";

const key: ChecksumKey = [1, 2];
const config = simulatedConfig();

/** Three slices; the sums end in the third, so that it is two blocks. */
const layout = { length: 1100, sumLength: 1060 };

/** Two peers do a round: peer 1 owns slices 0 and 2, peer 2 slice 1. */
function exchanged() {
  const vectors = new Map(
    [1, 2].map((peer) => [peer, Int32Array.from({ length: layout.length }, (_, i) => peer * 1000 + Math.imul(i, peer))]),
  );
  const exchanges = new Map<number, RoundExchange>();
  for (const self of [1, 2]) {
    const send: ConstructorParameters<typeof RoundExchange>[0]["send"] = (peers, frame) => {
      for (const to of peers) exchanges.get(to)?.receive(frame);
    };
    exchanges.set(self, new RoundExchange({ run: 1, self, round: 3, slots: 8, layout, send, onReduced: () => undefined }));
  }
  for (const [self, exchange] of exchanges) exchange.replan({ view: 1, owners: [1, 2], receivers: [3 - self] });
  for (const [self, exchange] of exchanges) exchange.contribute(self === 1 ? [0, 1, 2] : [3, 4, 5, 6, 7], vectors.get(self) as Int32Array);
  const accounts = new Map(
    [...exchanges].map(([self, exchange]) => {
      const kept = new Accounts(() => layout);
      kept.keep(describeRound(config, 3), exchange.evidence());
      return [self, kept] as const;
    }),
  );
  return { accounts, vectors };
}

const blockOf = (sums: readonly number[], block: number) => [sums[2 * block], sums[2 * block + 1]] as const;

test("AU4 an account says what was sent, what was received as an owner, and what was applied, block by block", () => {
  const { accounts, vectors } = exchanged();
  const [first, second] = [accounts.get(1)?.accountOf(3, key), accounts.get(2)?.accountOf(3, key)];
  expect(first?.additive).toBe(3); // and one block of maxima
  expect(first?.sent).toEqual([{ slots: [0, 1, 2], sums: checksums(layout, vectors.get(1) as Int32Array, key) }]);
  expect(first?.received.map(({ sender, slots, blocks }) => ({ sender, slots, blocks }))).toEqual(
    expect.arrayContaining([
      { sender: 1, slots: [0, 1, 2], blocks: [0, 2, 3] },
      { sender: 2, slots: [3, 4, 5, 6, 7], blocks: [0, 2, 3] },
    ]),
  );
  expect(second?.received.map(({ blocks }) => blocks)).toEqual([[1], [1]]);
  expect(first?.totals).toEqual(second?.totals);
});

test("AU4 what one received is what the other sent, and the sums add up to the totals", () => {
  const { accounts } = exchanged();
  const all = [1, 2].map((peer) => accounts.get(peer)?.accountOf(3, key));
  for (const account of all) {
    for (const { sender, blocks, sums } of account?.received ?? []) {
      const sent = all[sender - 1]?.sent[0].sums ?? [];
      for (const [i, block] of blocks.entries()) expect(blockOf(sums, i)).toEqual(blockOf(sent, block));
    }
  }
  for (const block of [0, 1, 2]) {
    const [a, b] = all.map((account) => blockOf(account?.sent[0].sums ?? [], block));
    expect(blockOf(all[0]?.totals ?? [], block)).toEqual(addChecksums(a, b));
  }
});

test("AU4 of a round that is forgotten the account is empty", () => {
  const { accounts } = exchanged();
  expect(accounts.get(1)?.accountOf(2, key)).toEqual({ additive: 0, sent: [], received: [], aggregated: [], totals: [] });
});

test("AU4 as many rounds are kept as a peer can be beyond one that it is asked about, and no more", () => {
  const { accounts } = exchanged();
  const kept = accounts.get(1) as Accounts;
  const evidence = { own: [], summed: new Map(), contributed: new Map(), aggregated: new Map(), reduced: new Int32Array(layout.length) };
  const furthest = 4 + MAX_LEASE_ROUNDS;
  for (let round = 4; round <= furthest; round++) kept.keep(describeRound(simulatedConfig({ steps: 200 }), round), evidence);
  expect(kept.accountOf(3, key).sent).toHaveLength(1); // round 3 was committed, and all rounds up to 67 permitted: the peer may have ended them
  kept.keep(describeRound(simulatedConfig({ steps: 200 }), furthest + 1), evidence);
  expect(kept.accountOf(3, key).sent).toEqual([]);
});

test("AU10 a contribution that could make the sum over all slots overflow is refused", async () => {
  const { session } = sessionOf(1);
  session.adopt([viewOf()]);
  session.permit(3);
  await session.start();
  await session.begin();
  const limit = 2 * Math.floor((2 ** 31 - 1) / 4); // two slots of four
  const elements = (value: number) => new Int32Array(512).fill(value);
  expect(() => session.receive(frameOf({ elements: elements(limit + 1) }))).toThrow(MalformedFrame);
  expect(() => session.receive(frameOf({ elements: elements(-limit - 1) }))).toThrow(/which is at most ±1073741822/);
  expect(() => session.receive(frameOf({ elements: elements(-limit) }))).not.toThrow();
});
