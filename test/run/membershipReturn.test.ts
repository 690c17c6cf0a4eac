import { describe, expect, test } from "vitest";
import { COORDINATOR } from "../../coordinator/protocol/view.ts";
import type { Membership } from "../../coordinator/run/membership.ts";
import { recoveredMembership } from "../../coordinator/run/recovery.ts";
import { metrics } from "../protocol/samples.ts";
import { announced, begun, Coordination, hashOf, helloOf, SELF_TEST, sent, texts } from "./membershipScene.ts";

describe("late members", () => {
  /** Three members that have done rounds 0 … 5, one every 200 ms, but for the first, which took a second. */
  function steady(): Coordination {
    const scene = begun(3, {}, { steps: 100, evaluate: false });
    for (let round = 0; round < 6; round++) {
      scene.now += round === 0 ? 1000 : 200;
      scene.membersDo(round);
    }
    return scene;
  }

  test("ME19 a member that has not computed is late after the usual time, and others compute its slots too", () => {
    const scene = steady();
    for (const peer of [1, 2]) scene.apply({ type: "computed", peer, round: 6 });
    scene.now += 499;
    expect(scene.apply({ type: "tick" }).reasons).toEqual([]);
    scene.now += 1;
    const decision = scene.apply({ type: "tick" });
    const text = "Owl (peer 3) is late in round 6: 500 ms instead of at most 500; others compute the 2 slots too";
    expect(decision.reasons).toEqual([{ kind: "warning", text }]);
    expect(scene.stage(3)).toBe("observer");
    expect(announced(decision)).toMatchObject([{ fromRound: 6, members: [1, 2], observers: [{ peer: 3 }] }]);
    expect(announced(decision)[0].slotHolders).not.toContain(3);
    expect(announced(decision)[0].owners).not.toContain(3);
  });

  test("ME19 when all are late nobody is: there is nobody to help", () => {
    const scene = steady();
    scene.now += 3000;
    expect(scene.apply({ type: "tick" }).reasons).toEqual([]);
    expect(scene.at("member")).toEqual([1, 2, 3]);
  });

  test("ME19 it takes part again when it is level and its pause is over, which doubles each time", () => {
    const scene = steady();
    let round = 6;
    for (const pause of [2000, 4000]) {
      for (const peer of [1, 2]) scene.apply({ type: "computed", peer, round });
      scene.now += 1000;
      scene.apply({ type: "tick" });
      expect(scene.stage(3)).toBe("observer");
      scene.membersDo(round);
      scene.done(3, round);
      expect(scene.stage(3)).toBe("observer");
      scene.now += pause - 1;
      scene.membersDo(round + 1);
      scene.now += 1;
      scene.done(3, round + 1);
      expect(scene.stage(3)).toBe("member");
      const begins = scene.state.views.at(-1)?.fromRound ?? 0; // from here on it has slots again, and can be late
      for (round += 2; round < begins; round++) scene.membersDo(round);
    }
  });

  test.each([
    { what: "half a second at least", durations: [10, 10, 10, 10, 10], patience: 500 },
    { what: "twice the usual time", durations: [400, 400, 400, 400, 400], patience: 800 },
    { what: "the median and four median deviations", durations: [100, 500, 300, 100, 500], patience: 300 + 4 * 200 },
  ])("ME19 patience is $what", ({ durations, patience }) => {
    const scene = begun(2, {}, { steps: 100, evaluate: false });
    for (const [round, duration] of [1000, ...durations].entries()) {
      scene.now += duration;
      scene.membersDo(round);
    }
    scene.apply({ type: "computed", peer: 1, round: 1 + durations.length });
    scene.now += patience - 1;
    scene.apply({ type: "tick" });
    expect(scene.stage(2)).toBe("member");
    scene.now += 1;
    scene.apply({ type: "tick" });
    expect(scene.stage(2)).toBe("observer");
  });
});

describe("checkpoints", () => {
  test("ME20 now and then a member is asked for the state of a round that nobody has begun", () => {
    const scene = begun(2, { checkpointMs: 5000, leaseMs: 1 });
    expect(sent(scene.done(1, 0), "save")).toEqual([]);
    scene.now += 5000;
    const decision = scene.done(2, 0);
    expect(sent(decision, "save")).toEqual([{ to: [1], message: { type: "save", round: scene.state.permitted + 1 } }]);
    scene.now += 5000;
    scene.done(1, 1);
    expect(sent(scene.done(2, 1), "save")).toEqual([]); // the first is still under way
    scene.apply({ type: "saved", round: 4 });
    expect(scene.state.checkpoint).toBe(4);
    scene.now += 5000;
    expect(sent(scene.done(1, 2), "save").length).toBe(1);
  });

  test("ME27 who does not send the state is waited for four intervals, then another member is asked", () => {
    const scene = begun(2, { checkpointMs: 5000, leaseMs: 1, silenceMs: 1e9 });
    scene.done(1, 0);
    scene.now += 5000;
    expect(sent(scene.done(2, 0), "save").map(({ to }) => to)).toEqual([[1]]);
    scene.now += 19_999;
    scene.done(1, 1);
    expect(sent(scene.done(2, 1), "save")).toEqual([]);
    scene.now += 1;
    expect(sent(scene.apply({ type: "tick" }), "save").map(({ to }) => to)).toEqual([[2]]);
  });

  test("ME20 when every member is gone, the run goes on from the checkpoint, which the coordinator sends", () => {
    const scene = begun(1);
    scene.membersDo(9);
    scene.apply({ type: "saved", round: 6 });
    expect(texts(scene.lose(1))).toEqual([
      "Kite (peer 1), the last member, was lost and took the state along: the run goes on from the checkpoint of round 6 when somebody joins",
    ]);
    const id = scene.join("Fox");
    scene.ready(id);
    const decision = scene.nobodyReturns();
    const observers = [{ peer: id, donors: [COORDINATOR], stateOfRound: 6 }];
    expect(announced(decision)).toMatchObject([{ begins: true, fromRound: 6, members: [id], observers }]);
    expect(decision.effects).toContainEqual({ type: "restore", to: [id], round: 6 });
    expect(texts(decision)).toEqual(["the run goes on from round 6 with 1 peer; the state is the checkpoint's"]);
  });

  test("ME25 a checkpoint that cannot be read gives way to an older one, or to the beginning", () => {
    for (const [older, from] of [
      [3, "the checkpoint of round 3"],
      [undefined, "step 0"],
    ] as const) {
      const scene = begun(1);
      scene.membersDo(9);
      scene.apply({ type: "saved", round: 6 });
      scene.lose(1);
      const fox = scene.enter("Fox");
      const why = "the checkpoint of round 6 is damaged";
      const decision = scene.apply({ type: "unreadable", round: 6, older, why, to: [fox] });
      const sentence = `Fox (peer ${fox}) has to join again: ${why}, and the run goes on from ${from}`;
      expect(decision.effects).toEqual([{ type: "drop", peer: fox, sentence }]);
      expect(decision.reasons).toEqual([{ kind: "alarm", text: `${why}: the run goes on from ${from}` }]);
      scene.lose(fox, sentence);
      expect([scene.state.phase, scene.state.checkpoint]).toEqual(["waiting", older]);
      const owl = scene.join("Owl");
      scene.ready(owl);
      scene.now += 3000; // somebody with a newer state might have come back
      const again = scene.apply({ type: "tick" });
      const restores = again.effects.filter(({ type }) => type === "restore");
      expect(restores).toEqual(older === undefined ? [] : [{ type: "restore", to: [owl], round: older }]);
      expect(scene.done(owl, older ?? 0, { hash: "0".repeat(16) }).effects).toMatchObject([{ type: "drop", peer: owl }]); // as journalled
    }
  });

  test("ME25 a newer checkpoint that was saved meanwhile stays", () => {
    const scene = begun(1);
    scene.membersDo(9);
    scene.apply({ type: "saved", round: 8 });
    scene.apply({ type: "unreadable", round: 6, older: 3, why: "damaged", to: [77] });
    expect(scene.state.checkpoint).toBe(8);
  });

  test("ME20 rounds that are done again must end with the same hashes, and are not committed twice", () => {
    const scene = begun(1);
    scene.membersDo(9);
    scene.lose(1);
    const id = scene.enter("Fox");
    scene.nobodyReturns();
    expect(scene.done(id, 0).effects.filter(({ type }) => type === "commit")).toEqual([]);
    expect(scene.done(id, 1, { hash: "0".repeat(16) }).effects).toMatchObject([{ type: "drop", peer: id }]);
  });
});

describe("a coordinator that was ended", () => {
  const journal = Array.from({ length: 8 }, (_, round) => ({ round, hash: hashOf(round) }));

  const recovered = (checkpoint?: number): Coordination => {
    const scene = new Coordination({ minPeers: 2 });
    scene.state = recoveredMembership(journal, checkpoint, 1000);
    return scene;
  };

  /** A peer that has done all rounds below `round`. */
  const comeBack = (scene: Coordination, name: string, round: number, hash = hashOf(round - 1)): number => {
    const from = Math.max(0, round - 4);
    const reports = Array.from({ length: round - from }, (_, i) => ({
      round: from + i,
      hash: from + i === round - 1 ? hash : hashOf(from + i),
      metrics,
    }));
    const id = scene.join(name, { resume: { run: 7, round, reports } });
    scene.ready(id);
    for (const other of scene.state.peers.keys()) if (other !== id) scene.link(id, other);
    return id;
  };

  test("ME21 it knows its journal and its newest checkpoint", () => {
    const { state } = recovered(5);
    expect(state).toMatchObject({ phase: "waiting", committed: 8, checkpoint: 5, permitted: -1 } satisfies Partial<Membership>);
    expect(state.hashes.get(7)).toBe(hashOf(7));
    expect(recovered(9).state.checkpoint).toBeUndefined(); // of rounds that the journal does not have
  });

  test("ME21 peers that come back report what the journal lacks, and go on with their state", () => {
    const scene = recovered(5);
    scene.apply({
      type: "join",
      hello: helloOf("Kite", {
        resume: { run: 7, round: 10, reports: [7, 8, 9].map((round) => ({ round, hash: hashOf(round), metrics })) },
      }),
    });
    const commits = scene.apply({ type: "ready", peer: 1, selfTest: SELF_TEST, imagesPerSecond: 100 }).effects;
    expect(commits.flatMap((effect) => (effect.type === "commit" ? [effect.report.round] : []))).toEqual([8, 9]);
    comeBack(scene, "Fox", 10);
    expect(scene.state.views.at(-1)).toMatchObject({ begins: true, fromRound: 10, members: [1, 2], observers: [] });
  });

  test("ST6 a member that cannot have the state that the run goes on from has to join again, also when newcomers came since", () => {
    const scene = recovered(5);
    const kite = comeBack(scene, "Kite", 7);
    const fox = comeBack(scene, "Fox", 8);
    scene.enter("Owl"); // the newest view names only observers
    expect(scene.state.views.at(-1)?.observers.map(({ peer }) => peer)).not.toContain(kite);
    const { effects } = scene.apply({ type: "stateLost", peer: kite, round: 8, why: "nobody has sent anything for 10 s" });
    const sentence = `Kite (peer ${kite}) did not get the state of round 8 and has to join again`;
    expect(effects).toEqual([{ type: "drop", peer: kite, sentence }]);
    expect(announced(scene.lose(kite))[0]).toMatchObject({ fromRound: 8, members: [fox] });
  });

  test("ME12 members that wait for the state of a run that goes on give their slots away when all their donors are lost", () => {
    const scene = new Coordination({ minPeers: 3 });
    scene.state = recoveredMembership(journal, 5, 1000);
    const [kite, fox, owl] = [comeBack(scene, "Kite", 7), comeBack(scene, "Fox", 8), comeBack(scene, "Owl", 8)];
    scene.lose(fox);
    expect(scene.at("member")).toEqual([kite, owl]); // one donor is left
    expect(scene.lose(owl).reasons[0]?.text).toMatch(/the last member/);
    expect(scene.stage(kite)).not.toBe("member");
  });

  test("ME21 the newest state counts, and those who have an older one get it", () => {
    const scene = recovered(5);
    comeBack(scene, "Kite", 7);
    comeBack(scene, "Fox", 8);
    expect(scene.state.views.at(-1)).toMatchObject({
      fromRound: 8,
      members: [1, 2],
      observers: [{ peer: 1, donors: [2], stateOfRound: 8 }],
    });
  });

  test.each([
    { what: "of another run", resume: { run: 6, round: 8, reports: [{ round: 7, hash: hashOf(7), metrics }] } },
    { what: "with another hash", resume: { run: 7, round: 8, reports: [{ round: 7, hash: "0".repeat(16), metrics }] } },
    { what: "without a report of its last round", resume: { run: 7, round: 8, reports: [{ round: 6, hash: hashOf(6), metrics }] } },
    { what: "of rounds that nobody knows", resume: { run: 7, round: 12, reports: [{ round: 11, hash: hashOf(11), metrics }] } },
  ])("ME21 a state $what is not gone on from", ({ resume }) => {
    const scene = recovered();
    scene.join("Kite", { resume });
    expect(scene.state.peers.get(1)?.offers).toBeUndefined();
    expect(scene.state.committed).toBe(8);
  });

  // Whoever has the join link can make any bits the run's, before its engine has shown anything.
  test("ME21 in a run that goes on, a newcomer's claim of what it did before commits nothing", () => {
    const scene = begun(2);
    scene.membersDo(3);
    scene.join("Liar", { resume: { run: 7, round: 5, reports: [{ round: 4, hash: "0".repeat(16), metrics }] } });
    expect(scene.state.hashes.get(4)).toBeUndefined();
  });

  test("ME21 whoever comes back a moment after a newcomer goes on with the newest state, also where one peer is enough", () => {
    const scene = new Coordination({ minPeers: 1 });
    scene.state = recoveredMembership(journal, 5, 1000);
    scene.enter("New");
    scene.now += 2900;
    expect(scene.apply({ type: "tick" }).reasons).toEqual([]);
    comeBack(scene, "Kite", 8);
    expect(scene.state.views.at(-1)).toMatchObject({ fromRound: 8, observers: [{ peer: 1, donors: [2], stateOfRound: 8 }] });
  });

  test("ME21 a newcomer alone goes on from the checkpoint after 3 s", () => {
    const scene = new Coordination({ minPeers: 1 });
    scene.state = recoveredMembership(journal, 5, 1000);
    scene.enter("New");
    expect(scene.state.phase).toBe("waiting");
    expect(texts(scene.nobodyReturns())).toEqual(["the run goes on from round 5 with 1 peer; the state is the checkpoint's"]);
  });

  test("ME3 a peer that comes back is tested like any other", () => {
    const scene = recovered();
    const id = comeBack(scene, "Kite", 8);
    expect(scene.state.selfTest).toBe(SELF_TEST);
    expect(scene.stage(id)).toBe("linking");
  });
});
