import { describe, expect, test } from "vitest";
import { roundCount } from "../../coordinator/protocol/rounds.ts";
import type { View } from "../../coordinator/protocol/view.ts";
import type { PeerState } from "../../coordinator/run/membership.ts";
import { announced, begun, Coordination, SELF_TEST, sent, texts } from "./membershipScene.ts";

const quick = { leaseMs: 1 }; // permits reach two rounds ahead

/** Whoever holds a slot or a slice before and is not `lost` holds it after. */
function expectOnlyMoved(before: View, after: View, lost: number): void {
  for (const table of ["slotHolders", "owners"] as const) {
    for (const [i, holder] of before[table].entries()) {
      if (holder !== lost) expect(after[table][i]).toBe(holder);
      else expect(after.members).toContain(after[table][i]);
    }
  }
}

const at = (scene: Coordination, id: number): PeerState => scene.state.peers.get(id) as PeerState;

describe("a member is lost", () => {
  test("ME11 all others are told, and its slots and slices are others' in the round in progress", () => {
    const scene = begun(3);
    scene.membersDo(3);
    scene.done(1, 4);
    const preparing = scene.join("Elk");
    const before = scene.state.views.at(-1) as View;
    const decision = scene.lose(2, "closed its tab");
    expect(sent(decision, "gone")).toEqual([{ to: [1, 3, preparing], message: { type: "gone", peer: 2 } }]);
    const text = "Fox (peer 2) closed its tab in round 4; its 3 slots and its slices are others' now, no step is lost";
    expect(decision.reasons).toEqual([{ kind: "leave", text }]);
    expect(sent(decision, "views")).toMatchObject([{ to: [1, 3], message: { reason: text } }]);
    expect(announced(decision)).toMatchObject([{ view: 2, fromRound: 4, members: [1, 3] }]);
    expectOnlyMoved(before, announced(decision)[0], 2);
    expect(scene.state.peers.get(1)?.links.has(2)).toBe(false);
  });

  test("VI4 a view that is still to come is repaired, too", () => {
    const scene = begun(3);
    const id = scene.enter("Elk"); // an observer, from a planned view on
    const [now, planned] = scene.state.views;
    const decision = scene.lose(3);
    expect(announced(decision).map(({ fromRound }) => fromRound)).toEqual([0, planned.fromRound]);
    for (const [i, before] of [now, planned].entries()) expectOnlyMoved(before, announced(decision)[i], 3);
    expect(announced(decision)[1].observers).toEqual([{ peer: id, donors: [1, 2, 3], stateOfRound: planned.fromRound }]);
    expect(announced(decision)[0].observers).toEqual([]);
  });

  test("VI4 observers go on receiving", () => {
    const scene = begun(3, quick);
    const id = scene.enter("Elk");
    scene.membersDo(4);
    const decision = scene.lose(2);
    expect(
      announced(decision)
        .at(-1)
        ?.observers.map(({ peer }) => peer),
    ).toEqual([id]);
    expect(sent(decision, "views")[0].to).toEqual([1, 3, id]);
  });

  test("VI4 the repair reaches back to an observer that is one round behind", () => {
    const scene = begun(2, quick);
    const id = scene.enter("Owl");
    scene.membersDo(4);
    scene.done(id, 3);
    expect([scene.state.committed, scene.state.peers.get(id)?.round]).toEqual([5, 4]);
    const decision = scene.lose(2);
    expect(announced(decision)[0].fromRound).toBe(4);
    expect(decision.effects.filter(({ type }) => type === "drop")).toEqual([]);
  });

  test("VI4 one that is further behind may lack what nobody has any more, and has to join again", () => {
    const scene = begun(2, quick);
    const id = scene.enter("Owl");
    scene.membersDo(5);
    scene.state = { ...scene.state, peers: new Map(scene.state.peers).set(id, { ...at(scene, id), round: 3 }) };
    const decision = scene.lose(2);
    const sentence = `Owl (peer ${id}) fell too far behind and has to join again`;
    expect(decision.effects).toContainEqual({ type: "drop", peer: id, sentence });
    expect(texts(scene.lose(id, sentence))).toEqual([`${sentence} while it followed the run`]);
  });

  // Every member is behind what was committed before: the lowest round in progress is the least of none.
  test("VI4 a repair in a run that has begun again helps those who do the old rounds anew", () => {
    const scene = begun(2);
    scene.membersDo(9);
    for (const id of [1, 2]) scene.lose(id);
    const [first, second] = ["Owl", "Elk"].map((name) => scene.enter(name));
    scene.nobodyReturns();
    expect([scene.state.committed, at(scene, first).round]).toEqual([10, 0]);
    const decision = scene.lose(second);
    expect(announced(decision)).toMatchObject([{ fromRound: 0, members: [first] }]);
    expect(decision.effects.filter(({ type }) => type === "drop")).toEqual([]);
  });

  test("ME11 one after another: the last one holds everything", () => {
    const scene = begun(5);
    for (const id of [2, 5, 1, 4]) {
      const before = scene.state.views.at(-1) as View;
      expectOnlyMoved(before, announced(scene.lose(id))[0], id);
    }
    const last = scene.state.views.at(-1) as View;
    expect([last.members, new Set(last.slotHolders), new Set(last.owners)]).toEqual([[3], new Set([3]), new Set([3])]);
  });

  test("ME11 one that took no part yet is only reported", () => {
    const scene = begun(2);
    const id = scene.join("Owl");
    const decision = scene.lose(id, "left");
    expect(decision.reasons).toEqual([{ kind: "leave", text: `Owl (peer ${id}) left before it took part` }]);
    expect(announced(decision)).toEqual([]);
  });

  test("ME11 a stranger's loss changes nothing", () => {
    const scene = begun(2);
    const before = scene.state;
    expect(scene.lose(99)).toEqual({ state: before, effects: [], reasons: [] });
  });

  // It was the slowest, and all others had come to the end of their permit: no report will follow that could renew it.
  test("ME10 those who waited for a lost peer's progress are permitted to go on", () => {
    const scene = begun(2, quick);
    const owl = scene.enter("Owl"); // observer from round 3
    scene.membersDo(3);
    scene.done(owl, 3); // a member from now on, but of views to come
    for (let round = 4; round <= scene.state.permitted; round++) for (const id of [1, 2]) scene.done(id, round);
    const { permitted } = scene.state;
    expect([1, 2].map((id) => scene.state.peers.get(id)?.round)).toEqual([permitted + 1, permitted + 1]);
    scene.lose(owl);
    expect(scene.state.permitted).toBeGreaterThan(permitted);
  });

  // Everyone else has done the last round: there is no report left on which the end could be noticed.
  test("ME16 when the only member that was not done is lost, the run is complete", () => {
    const scene = begun(2);
    scene.membersDo(roundCount(scene.options.config) - 2);
    scene.done(1, roundCount(scene.options.config) - 1);
    scene.lose(2);
    expect(scene.state.phase).toBe("finished");
  });
});

describe("a donor is lost", () => {
  test("ME12 its observer goes on with those who are left", () => {
    const scene = begun(3, quick);
    const id = scene.enter("Owl");
    const waiting = { peer: id, donors: [1, 2, 3], stateOfRound: 3 };
    expect(scene.state.views.at(-1)?.observers).toEqual([waiting]);
    for (const donor of [1, 3]) expect(announced(scene.lose(donor)).at(-1)?.observers).toEqual([waiting]);
  });

  test("ME12 when all its donors are gone, it gets others, and a state that is still to come", () => {
    const scene = begun(5, quick);
    const id = scene.enter("Owl");
    scene.membersDo(4);
    expect(scene.state.views.at(-1)?.observers).toEqual([{ peer: id, donors: [1, 2, 3, 4], stateOfRound: 3 }]);
    for (const donor of [1, 2, 3]) scene.lose(donor);
    const decision = scene.lose(4);
    const stateOfRound = scene.state.permitted + 1;
    expect(announced(decision).at(-1)).toMatchObject({ fromRound: stateOfRound, observers: [{ peer: id, donors: [5], stateOfRound }] });
    expect(texts(decision)[1]).toBe(
      `Owl (peer ${id}) will follow from round ${stateOfRound}, with the state from Bee (peer 5): the only peer that has it`,
    );
  });

  test("ME12 an observer that has its state keeps following", () => {
    const scene = begun(2, quick);
    const id = scene.enter("Owl");
    scene.membersDo(5);
    scene.done(id, 3);
    const decision = scene.lose(1);
    expect(texts(decision).length).toBe(1);
    expect(
      announced(decision)
        .at(-1)
        ?.observers.map(({ peer }) => peer),
    ).toEqual([id]);
  });
});

describe("the last member is lost", () => {
  test("ME13 an observer that holds the state goes on", () => {
    const scene = begun(1, quick);
    const id = scene.enter("Owl");
    scene.membersDo(5);
    scene.done(id, 3);
    const decision = scene.lose(1);
    expect(scene.stage(id)).toBe("member");
    expect(announced(decision).at(-1)).toMatchObject({ members: [id], slotHolders: Array(8).fill(id) });
    expect(texts(decision)).toEqual([`Kite (peer 1), the last member, was lost; Owl (peer ${id}) had followed to round 4 and went on`]);
    expect(scene.state.phase).toBe("running");
  });

  // Its donor was the last member; the heir could send it the state.
  test("ME13 an observer without a state gets it from the one that goes on", () => {
    const scene = begun(1, quick);
    const heir = scene.enter("Owl");
    scene.membersDo(5);
    scene.done(heir, 3);
    const other = scene.enter("Elk");
    scene.lose(1);
    expect(scene.stage(heir)).toBe("member");
    expect(scene.state.views.at(-1)?.observers.find(({ peer }) => peer === other)?.donors).toEqual([heir]);
  });

  test("ME13 without anyone who holds the state, the run waits and begins again", () => {
    const scene = begun(2);
    scene.membersDo(3);
    scene.lose(2);
    const decision = scene.lose(1);
    expect(decision.reasons).toMatchObject([{ kind: "warning" }]);
    expect(texts(decision)[0]).toMatch(/^Kite \(peer 1\), the last member, was lost and took the state along: the run /);
    expect(scene.state).toMatchObject({ phase: "waiting", views: [], permitted: -1 });
    const first = scene.enter("Owl");
    expect(scene.state.phase).toBe("waiting"); // two are needed
    const second = scene.enter("Elk");
    expect(scene.state.phase).toBe("waiting"); // somebody may come back with the newest state
    scene.nobodyReturns();
    expect(scene.state).toMatchObject({ phase: "running" });
    expect(scene.state.views.at(-1)).toMatchObject({ fromRound: 0, members: [first, second] });
  });

  // It may have begun with that state, without having said so yet: then it could not begin with another one.
  test("ME13 observers that wait for the state when the last member is lost have to join again", () => {
    const scene = begun(1);
    const id = scene.enter("Owl");
    const decision = scene.lose(1);
    const sentence = `Owl (peer ${id}) did not get the state before the last member was gone, and has to join again`;
    expect(decision.effects.at(-1)).toEqual({ type: "drop", peer: id, sentence });
    expect(scene.state.phase).toBe("waiting");
    scene.lose(id);
    const again = scene.enter("Owl");
    expect(scene.state.views.at(-1)).toMatchObject({ fromRound: 0, members: [again] });
  });

  // No view that is remembered holds for its round any more.
  test("ME13 VI5 an heir that is behind gets a view for the round that it is in", () => {
    const scene = begun(1, quick);
    const id = scene.enter("Owl");
    scene.membersDo(9);
    scene.done(id, 3);
    const decision = scene.lose(1);
    expect(announced(decision)[0]).toMatchObject({ fromRound: 4, members: [id], slotHolders: Array(8).fill(id) });
  });

  test("VI2 the numbers of views go on growing", () => {
    const scene = begun(1);
    scene.lose(1);
    scene.enter("Owl");
    expect(scene.state.views.map(({ view }) => view)).toEqual([2]);
  });
});

describe("silence", () => {
  const texting = (scene: Coordination): unknown[] => {
    const { effects } = scene.apply({ type: "tick" });
    return effects.filter(({ type }) => type === "drop");
  };

  test("ME14 after longer than silenceMs a peer is dropped", () => {
    const scene = begun(2);
    scene.now += 10_000;
    expect(texting(scene)).toEqual([]);
    scene.now += 1;
    scene.apply({ type: "heartbeat", peer: 1, hidden: true, waitingFor: "nothing" });
    scene.now += 499;
    expect(texting(scene)).toEqual([{ type: "drop", peer: 2, sentence: "Fox (peer 2) was silent for 11 s" }]);
    expect(scene.state.peers.get(1)).toMatchObject({ hidden: true, waitingFor: "nothing", lastSeenAt: 11_001 });
  });

  test.each(["ready", "link", "done", "heartbeat"] as const)("ME14 a %s breaks the silence", (type) => {
    const scene = new Coordination();
    scene.join("Kite");
    const waiting = scene.join("Fox");
    scene.now += 9000;
    const events = {
      ready: { type: "ready", peer: waiting, selfTest: SELF_TEST, imagesPerSecond: 1 },
      link: { type: "link", peer: waiting, other: 1, state: "direct" },
      done: { type: "done", peer: waiting, report: { round: 0, hash: "", metrics: {}, timing: {} } },
      heartbeat: { type: "heartbeat", peer: waiting, hidden: false, waitingFor: "" },
    } as const;
    scene.apply(events[type] as never);
    scene.now += 9000;
    expect(texting(scene)).toMatchObject([{ peer: 1 }]);
  });
});
