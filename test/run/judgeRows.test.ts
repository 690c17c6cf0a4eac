import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Account } from "../../coordinator/protocol/audit.ts";
import { addChecksums, type Checksum } from "../../coordinator/protocol/checksum.ts";
import type { PeerId } from "../../coordinator/protocol/view.ts";
import type { Findings } from "../../coordinator/run/audit.ts";
import { judge } from "../../coordinator/run/judge.ts";
import { waysOf } from "../../coordinator/run/ways.ts";
import { allSlots, slotsIn } from "../../worker/collective/coverage.ts";
import { topologyOf } from "../../worker/collective/topology.ts";
import { planOf } from "../../worker/session/planOf.ts";
import { accountsOf, BLOCKS, honest, inquiryOf, type RowScene, rowScene, type Sending, truth } from "./rowScene.ts";

const other = (sum: Checksum): Checksum => addChecksums(sum, [1, 1]);

const scene = rowScene(36);
const { ways, view } = scene;
const BLOCK = 5;
const owner = ways.owner(BLOCK);
/** Of the other row. */
const aggregator = view.members.find((peer) => peer !== owner && ways.gathers(peer, BLOCK) !== undefined) as PeerId;
const contributor = view.members.find((peer) => peer !== aggregator && ways.upstream(peer, BLOCK) === aggregator) as PeerId;

interface Found {
  readonly guilty: readonly string[];
  readonly disputes: readonly (readonly [PeerId, PeerId])[];
}

const found = ({ guilty, disputes }: Findings): Found => ({
  guilty: guilty.map(({ witness, why }) => `${witness.id} ${why}`),
  disputes: disputes.map(({ sender, owner: to }) => [sender.id, to.id] as const),
});

/** What comes out when this is sent, and these give another account than an honest peer would. */
function verdict(sending: Partial<Sending>, accounts: ReadonlyMap<PeerId, (account: Account) => Account> = new Map()): Found {
  const said = accountsOf(scene, { ...honest, ...sending });
  for (const [peer, change] of accounts) said.set(peer, change(said.get(peer) as Account));
  return found(judge(inquiryOf(scene, view.members, said), ways));
}

const changed = (sums: readonly number[], block: number) => sums.map((sum, i) => (i >> 1 === block ? sum + 1 : sum));

/** An account whose word about one piece of block 5 is another. */
const mishears = (sender: PeerId) => (account: Account) => ({
  ...account,
  received: account.received.map((piece) =>
    piece.sender === sender && piece.blocks[0] === BLOCK ? { ...piece, sums: changed(piece.sums, 0) } : piece,
  ),
});

const forgets = (sender: PeerId, change: (account: Account, lost: Checksum) => Account) => (account: Account) => {
  const lost = account.received.find((piece) => piece.sender === sender && piece.blocks[0] === BLOCK);
  const left = account.received.filter((piece) => piece !== lost);
  return change({ ...account, received: left }, [-(lost?.sums[0] ?? 0), -(lost?.sums[1] ?? 0)]);
};

const inTotals = (account: Account, change: Checksum): Account => ({
  ...account,
  totals: account.totals.map((sum, i) => (i >> 1 === BLOCK ? sum + change[i & 1] : sum)),
});

const inRow = (account: Account, change: Checksum): Account => ({
  ...account,
  aggregated: account.aggregated.map((piece) =>
    piece.blocks[0] === BLOCK ? { ...piece, sums: piece.sums.map((sum, i) => sum + change[i]) } : piece,
  ),
});

const at = <T extends Checksum>(peer: PeerId, block: number, sum: T): Checksum => (block === BLOCK && peer ? other(sum) : sum);
const by = (liar: PeerId) => (peer: PeerId, block: number, sum: Checksum) => (peer === liar ? at(peer, block, sum) : sum);

describe("one liar on two levels", () => {
  test("AU12 honest accounts agree", () => {
    expect(verdict({})).toEqual({ guilty: [], disputes: [] });
  });

  test("AU4 a contributor that says what it sent is proven wrong by what its slots give", () => {
    const lied = (peer: PeerId, block: number) => by(contributor)(peer, block, truth(peer, block));
    expect(verdict({ contribution: lied })).toEqual({
      guilty: [`${contributor} contributed other numbers than its slots of round 3 give`],
      disputes: [],
    });
  });

  test("AU8 AU12 a contributor that says otherwise has its word against its row's aggregator", () => {
    const lied = (peer: PeerId, block: number) => by(contributor)(peer, block, truth(peer, block));
    const saysTruth = (account: Account) => ({
      ...account,
      sent: account.sent.map((piece) => ({
        ...piece,
        sums: changed(piece.sums, BLOCK).map((sum, i) => (i >> 1 === BLOCK ? sum - 2 : sum)),
      })),
    });
    expect(verdict({ contribution: lied }, new Map([[contributor, saysTruth]]))).toEqual({
      guilty: [],
      disputes: [[contributor, aggregator]],
    });
  });

  test("AU12 an aggregator whose row's sum is not what it received is proven wrong by its own words", () => {
    expect(verdict({ row: by(aggregator) }, new Map([[aggregator, (account) => inRow(account, [1, 1])]]))).toEqual({
      guilty: [`${aggregator} summed up otherwise in round 3 than what it received gives`],
      disputes: [],
    });
  });

  test("AU8 AU12 an aggregator that says it sent the right sum has its word against the owner's", () => {
    expect(verdict({ row: by(aggregator) })).toEqual({ guilty: [], disputes: [[aggregator, owner]] });
  });

  test("AU8 AU12 an aggregator that says it received what makes its sum right has its word against a contributor's", () => {
    const lies = (account: Account) => inRow(mishears(contributor)(account), [1, 1]);
    expect(verdict({ row: by(aggregator) }, new Map([[aggregator, lies]]))).toEqual({ guilty: [], disputes: [[contributor, aggregator]] });
  });

  test("AU12 an owner whose total is not the sum of rows that it received is proven wrong by its own words", () => {
    expect(verdict({ total: by(owner) })).toEqual({
      guilty: [`${owner} summed up otherwise in round 3 than what it received gives`],
      disputes: [],
    });
  });

  test("AU8 AU12 an owner that says it received another row's sum has its word against that row's aggregator", () => {
    expect(verdict({ total: by(owner) }, new Map([[owner, mishears(aggregator)]]))).toEqual({
      guilty: [],
      disputes: [[aggregator, owner]],
    });
  });

  test("AU12 who leaves something out has not summed up each slot once: an aggregator a contribution, an owner a row", () => {
    const row = verdict({}, new Map([[aggregator, forgets(contributor, inRow)]]));
    expect(row.guilty).toEqual([`${aggregator} did not sum up each slot once in round 3`]);
    const total = verdict({}, new Map([[owner, forgets(aggregator, inTotals)]]));
    expect(total.guilty).toEqual([`${owner} did not sum up each slot once in round 3`]);
  });

  test("AU12 who sends the sum of a row that it is not to bring together has its word against who received that", () => {
    const foreign = view.members.find((peer) => peer !== owner && peer !== aggregator && ways.gathers(peer, BLOCK) === undefined) as PeerId;
    const fromForeign = (account: Account) => ({
      ...account,
      received: account.received.map((piece) =>
        piece.sender === aggregator && piece.blocks[0] === BLOCK ? { ...piece, sender: foreign } : piece,
      ),
    });
    expect(verdict({}, new Map([[owner, fromForeign]]))).toEqual({ guilty: [], disputes: [[foreign, owner]] });
  });

  test("AU8 AU12 an aggregator that tells its row another total has its word against those", () => {
    const told: Sending["told"] = (from, to, block, total) =>
      from === aggregator && to === contributor && block === BLOCK ? other(total) : total;
    expect(verdict({ told })).toEqual({ guilty: [], disputes: [[aggregator, contributor]] });
  });
});

test("AU12 in a single row honest accounts agree, too", () => {
  const direct = rowScene(20);
  expect(found(judge(inquiryOf(direct, direct.view.members, accountsOf(direct)), direct.ways))).toEqual({ guilty: [], disputes: [] });
});

test("AU3 on two levels no honest peer is found guilty while less than half of the members lie, whatever they say together", () => {
  const arbitrary = fc.record({ members: fc.integer({ min: 33, max: 40 }), seed: fc.integer(), first: fc.nat(40) });
  const holds = ({ members, seed, first }: { members: number; seed: number; first: number }) => {
    const chance = numbersFrom(seed);
    const liars = new Set(Array.from({ length: Math.ceil(members / 2) - 1 }, (_, i) => 1 + ((first + i) % members)));
    const crowd: RowScene = rowScene(members, seed % 2 === 0 ? [first % members || 1] : []);
    const perhaps = (liar: PeerId, sum: Checksum): Checksum => (liars.has(liar) && chance() < 0.1 ? other(sum) : sum);
    const contributions = new Map<string, Checksum>();
    for (const peer of crowd.view.members)
      for (let b = 0; b < BLOCKS; b++) contributions.set(`${peer}:${b}`, perhaps(peer, truth(peer, b)));
    const accounts = accountsOf(crowd, {
      contribution: (peer, block) => contributions.get(`${peer}:${block}`) as Checksum,
      row: (peer, _, sum) => perhaps(peer, sum),
      total: (peer, _, sum) => perhaps(peer, sum),
      told: (from, _, __, total) => perhaps(from, total),
    });
    for (const liar of liars) accounts.set(liar, distorted(accounts.get(liar) as Account, chance));
    const { guilty, disputes } = judge(inquiryOf(crowd, crowd.view.members, accounts), crowd.ways);
    for (const { witness, why } of guilty) expect(liars, why).toContain(witness.id);
    for (const { sender, owner: to, why } of disputes) expect(liars.has(sender.id) || liars.has(to.id), why).toBe(true);
  };
  fc.assert(fc.property(arbitrary, holds), { numRuns: 60 });
});

test("AU12 TO2 the ways that accounts are held against are those that slices take", () => {
  const crowds = [rowScene(33), rowScene(40, [2, 35]), rowScene(70, [40])];
  for (const { view: current, slots } of crowds) {
    const along = waysOf(current, slots);
    for (const peer of current.members) {
      const topology = topologyOf(planOf(current, peer, { round: 0, slots }), peer, allSlots(slots));
      for (let j = 0; j < BLOCKS; j++) {
        expect(along.upstream(peer, j)).toBe(topology.upstream(j));
        const gathered = topology.gathered(j);
        expect(along.gathers(peer, j)).toBe(gathered === undefined ? undefined : slotsIn(gathered, slots).join());
      }
    }
  }
});

/** Numbers below 1 that follow from a seed. */
function numbersFrom(seed: number): () => number {
  let word = seed | 0;
  return () => {
    word = (Math.imul(word, 1664525) + 1013904223) | 0;
    return (word >>> 0) / 2 ** 32;
  };
}

/** An account that a liar has changed at will. */
function distorted(account: Account, chance: () => number): Account {
  const change = (sums: readonly number[]) => sums.map((sum) => (chance() < 0.05 ? sum + Math.floor(chance() * 1000) : sum));
  return {
    additive: chance() < 0.2 ? Math.floor(chance() * 99) : account.additive,
    sent: account.sent.map(({ slots, sums }) => ({ slots: chance() < 0.2 ? [0, 1] : slots, sums: change(sums) })),
    received: account.received
      .filter(() => chance() < 0.95)
      .map((piece) => ({ ...piece, sender: chance() < 0.05 ? 1 + Math.floor(chance() * 33) : piece.sender, sums: change(piece.sums) })),
    aggregated: account.aggregated.filter(() => chance() < 0.9).map((piece) => ({ ...piece, sums: change(piece.sums) })),
    totals: chance() < 0.1 ? [] : change(account.totals),
  };
}
