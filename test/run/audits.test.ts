import { describe, expect, test } from "vitest";
import { orderAudits } from "../../coordinator/run/auditOrders.ts";
import { answer, cases, drops, honestAccount, inquiryInto, otherwise, sharesIn, told, truthOf } from "./auditScene.ts";
import { begun, type Coordination, hashOf, sent, texts } from "./membershipScene.ts";

const everything = { auditShare: 1, leaseMs: 1 }; // permits reach two rounds ahead

describe("orders", () => {
  test("AU1 with share 1 everyone is audited in every round, each by another member, who alone is told", () => {
    const scene = begun(3, everything);
    for (const round of [0, 1, 2]) {
      const { checks } = inquiryInto(scene, round);
      expect(checks.map(({ audited }) => audited)).toEqual([1, 2, 3]);
      expect(new Set(checks.map(({ auditor }) => auditor)).size).toBe(3);
      for (const { audited, auditor, slots } of checks) {
        expect(auditor).not.toBe(audited);
        expect(slots).toEqual(sharesIn(scene, round).find(({ peer }) => peer === audited)?.slots);
      }
    }
    scene.done(1, 0);
    scene.done(2, 0);
    const decision = scene.done(3, 0);
    expect(sent(decision, "audit").every(({ to, message }) => to.length === 1 && message.round === 3)).toBe(true);
    const kinds = decision.effects.flatMap((effect) => (effect.type === "send" ? [effect.message.type] : []));
    expect(kinds.indexOf("permit")).toBeGreaterThan(kinds.lastIndexOf("audit")); // it knows before it may begin
  });

  test("AU1 whom a share of 5 % hits depends on the secret; within 100 rounds it hits a peer with more than 99.4 %", () => {
    const { state, options } = begun(8, { leaseMs: 1 }, { steps: 1000, evaluate: false });
    const hit = (secret: string): number[] => {
      const drawn = orderAudits({ ...state, permitted: -1 }, 99, { ...options, auditShare: 0.05, auditSecret: secret });
      return [...drawn.state.audits.inquiries.values()]
        .filter(({ checks }) => checks.some(({ audited }) => audited === 5))
        .map(({ round }) => round);
    };
    const draws = Array.from({ length: 2000 }, (_, i) => hit(`secret ${i}`));
    const share = draws.reduce((sum, rounds) => sum + rounds.length, 0) / (100 * draws.length);
    expect(share).toBeGreaterThan(0.049);
    expect(share).toBeLessThan(0.051);
    expect(draws.filter((rounds) => rounds.length > 0).length / draws.length).toBeGreaterThan(0.99); // 1 − 0.95^100 = 0.9941
    expect(new Set(draws.map((rounds) => rounds.join())).size).toBeGreaterThan(1900);
    expect(hit("secret 7")).toEqual(draws[7]);
  });

  test("AU1 one member alone, or share 0: nobody is audited", () => {
    expect(begun(1, everything).state.audits.inquiries.size).toBe(0);
    expect(begun(3).state.audits.inquiries.size).toBe(0);
  });
});

describe("accounts", () => {
  test("AU4 every member is asked when the round is committed, under a key that nobody knew before", () => {
    const scene = begun(3, everything);
    const [{ to, message }] = sent(scene.done(2, 0), "inquire");
    expect(to).toEqual([1, 2, 3]);
    expect(message).toMatchObject({ round: 0, inquiry: inquiryInto(scene, 0).inquiry });
    scene.done(1, 0);
    scene.done(3, 0);
    expect(sent(scene.done(1, 1), "inquire")[0].message.key).not.toEqual(message.key);
    expect(sent(scene.done(3, 1), "inquire")).toEqual([]);
  });

  test("AU4 when all accounts agree the inquiry is settled, and nothing else happens", () => {
    const scene = begun(3, everything);
    const decision = answer(scene, 0);
    expect(told(decision)).toEqual([1, 2, 3]);
    expect(decision.effects).toHaveLength(1);
    expect(decision.reasons).toEqual([]);
    expect(() => inquiryInto(scene, 0)).toThrow("there is no inquiry");
  });

  test("AU4 an owner whose total is not the sum of what it says it received is proven wrong by its own words", () => {
    const scene = begun(3, everything);
    const decision = answer(scene, 0, { accounts: new Map([[1, (honest) => ({ ...honest, totals: otherwise(honest.totals) })]]) });
    expect(drops(decision)).toEqual([1]);
    expect(texts(decision)[0]).toMatch(/^Kite \(peer 1\) summed up otherwise in round 0 than what it received gives; it begins again/);
  });

  test("AU4 an owner that lied to everyone alike about its total is proven wrong by the others' totals", () => {
    const scene = begun(3, everything);
    const lied = (honest: Parameters<typeof otherwise>[0]) => otherwise(honest);
    const everyone = [2, 3].map((id) => [id, (honest: { totals: number[] }) => ({ ...honest, totals: lied(honest.totals) })] as const);
    const decision = answer(scene, 0, { accounts: new Map(everyone as never) });
    expect(drops(decision)).toEqual([1]);
    expect(texts(decision)[0]).toMatch(/says other totals of round 0 than most others applied/);
  });

  test("AU4 who gives no account in time has to join again; that proves nothing", () => {
    const scene = begun(3, everything);
    scene.membersDo(0);
    const { inquiry } = inquiryInto(scene, 0);
    scene.now += 60_001;
    for (const id of [1, 2, 3]) scene.apply({ type: "heartbeat", peer: id, hidden: false, waitingFor: "" });
    const decision = scene.apply({ type: "tick" });
    expect(drops(decision)).toEqual([1, 2, 3]);
    expect(scene.state.audits.strikes.size).toBe(0);
    expect(scene.state.audits.inquiries.has(inquiry)).toBe(false);
  });

  test("AU4 a contribution whose slots were others' by a repair is not compared", () => {
    const scene = begun(3, everything);
    const { checks } = inquiryInto(scene, 0);
    scene.lose(3);
    scene.done(1, 0);
    const left = [...scene.state.audits.inquiries.values()].find(({ round }) => round === 0);
    expect(checks).toHaveLength(3);
    expect(left?.checks ?? []).toEqual([]); // every other one's slots grew
  });

  test("AU3 AU4 who takes over a lost peer's slots after the round was asked about contributes them by right", () => {
    const scene = begun(2, everything);
    const { inquiry } = inquiryInto(scene, 0);
    for (const { peer } of sharesIn(scene, 0)) scene.apply({ type: "computed", peer, round: 0 });
    scene.done(1, 0); // committed, and everyone is asked; peer 2 is still at it
    scene.lose(1);
    const shares = sharesIn(scene, 0);
    expect(shares.map(({ peer }) => peer)).toEqual([2]);
    scene.done(2, 0);
    scene.apply({ type: "recomputed", peer: 2, inquiry, sums: truthOf(1) });
    const decision = scene.apply({ type: "account", peer: 2, inquiry, account: honestAccount(shares, 2) });
    expect(drops(decision)).toEqual([]);
    expect(scene.state.audits.strikes.size).toBe(0);
    expect(scene.state.audits.inquiries.has(inquiry)).toBe(false);
  });
});

/** Peer 2's contribution to round 1 is disputed. */
function disputed(): { readonly scene: Coordination; readonly auditor: number; readonly inquiry: number } {
  const scene = begun(3, everything);
  answer(scene, 0);
  const { inquiry, checks } = inquiryInto(scene, 1);
  const auditor = checks.find(({ audited }) => audited === 2)?.auditor ?? 0;
  const decision = answer(scene, 1, { sent: new Map([[2, otherwise(truthOf(2))]]) });
  expect(sent(decision, "show")).toEqual([{ to: [auditor], message: { type: "show", inquiry } }]);
  expect(cases(decision)).toMatchObject([
    { inquiry, round: 1, shownBy: auditor, stateHash: hashOf(0), slots: [sharesIn(scene, 1)[1].slots] },
  ]);
  expect(texts(decision)).toEqual(["round 1 was audited: what Fox (peer 2) contributed is disputed; the coordinator computes it itself"]);
  return { scene, auditor, inquiry };
}

describe("arbitration", () => {
  test("AU5 the arbiter agrees with the auditor: the audited peer is proven wrong", () => {
    const { scene, inquiry } = disputed();
    const decision = scene.apply({ type: "arbitrated", inquiry, result: { sums: [truthOf(2)] } });
    expect(drops(decision)).toEqual([2]);
    expect(texts(decision)).toEqual([
      "Fox (peer 2) contributed other numbers than its slots of round 1 give; it begins again with the run's state",
    ]);
  });

  test("AU5 the arbiter agrees with the audited peer: the auditor is proven wrong", () => {
    const { scene, inquiry, auditor } = disputed();
    const decision = scene.apply({ type: "arbitrated", inquiry, result: { sums: [otherwise(truthOf(2))] } });
    expect(drops(decision)).toEqual([auditor]);
    expect(texts(decision)[0]).toMatch(/computed other numbers than slots 3, 4, 5 of round 1 give/);
  });

  test("AU5 a verdict is about what the arbiter computed, also while it is occupied with another contribution to the same round", () => {
    const scene = begun(8, everything);
    const lie = (peers: readonly number[]) => new Map(peers.map((peer) => [peer, otherwise(truthOf(peer))]));
    const busy = [2, inquiryInto(scene, 0).checks.find(({ audited }) => audited === 2)?.auditor];
    answer(scene, 0, { sent: lie([2]) });
    const free = inquiryInto(scene, 1).checks.find(
      ({ audited, auditor }) => audited > 2 && !busy.includes(audited) && !busy.includes(auditor),
    );
    const other = free?.audited as number;
    const [later] = cases(answer(scene, 1, { sent: lie([2, other]) })); // peer 2 is before the arbiter already
    expect(later?.slots).toEqual([free?.slots]);
    const decision = scene.apply({ type: "arbitrated", inquiry: later?.inquiry as number, result: { sums: [truthOf(other)] } });
    expect(drops(decision)).toEqual([other]);
  });

  test.each([{ failure: "the state that was shown is not the run's" }])("AU5 without a verdict nobody is blamed", (result) => {
    const { scene, inquiry } = disputed();
    const decision = scene.apply({ type: "arbitrated", inquiry, result });
    expect(drops(decision)).toEqual([]);
    expect(texts(decision)[0]).toMatch(/ended without a verdict: the state that was shown is not the run's; nobody is blamed/);
    expect(scene.apply({ type: "arbitrated", inquiry, result: { sums: [truthOf(2)] } }).effects).toEqual([]); // too late
  });

  test("AU5 an auditor that accuses and goes proves nothing", () => {
    const scene = begun(3, everything);
    const { checks, inquiry } = inquiryInto(scene, 0);
    const auditor = checks.find(({ audited }) => audited === 2)?.auditor ?? 0;
    scene.done(1, 0);
    scene.apply({ type: "recomputed", peer: auditor, inquiry, sums: otherwise(truthOf(2)) });
    const shares = sharesIn(scene, 0);
    scene.lose(auditor);
    const left = [1, 2, 3].filter((id) => id !== auditor);
    for (const { audited, auditor: other } of checks) {
      if (left.includes(other)) scene.apply({ type: "recomputed", peer: other, inquiry, sums: truthOf(audited) });
    }
    const decisions = left.map((id) => scene.apply({ type: "account", peer: id, inquiry, account: honestAccount(shares, id) }));
    expect(decisions.flatMap(drops)).toEqual([]);
    expect(decisions.flatMap(cases)).toEqual([]);
    expect(scene.state.audits.inquiries.has(inquiry)).toBe(false);
  });

  test("AU5 an arbiter that does not answer in time is waited for no longer", () => {
    const { scene, inquiry } = disputed();
    scene.now += 180_001;
    for (const id of [1, 2, 3]) scene.apply({ type: "heartbeat", peer: id, hidden: false, waitingFor: "" });
    expect(texts(scene.apply({ type: "tick" })).join()).toMatch(/nobody could compute it within 180 s; nobody is blamed/);
    expect(scene.state.audits.inquiries.has(inquiry)).toBe(false);
  });
});
