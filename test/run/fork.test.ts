import { describe, expect, test } from "vitest";
import type { Decision } from "../../coordinator/run/membership.ts";
import { drops } from "./auditScene.ts";
import { begun, hashOf, helloOf, reportOf, sent, texts } from "./membershipScene.ts";

const wrong = "0".repeat(16);
const other = { hash: wrong };

const commits = ({ effects }: Decision) =>
  effects.flatMap((effect) => (effect.type === "commit" ? [[effect.report.round, effect.report.hash]] : []));

describe("replicas that differ", () => {
  test("ME23 the first that reports a round may be the wrong one: what most members have is committed in its place", () => {
    const scene = begun(3);
    expect(commits(scene.done(1, 0, other))).toEqual([[0, wrong]]);
    const second = scene.done(2, 0);
    expect(drops(second)).toEqual([]);
    expect(texts(second)).toEqual([
      `Fox (peer 2) ended round 0 with ${hashOf(0)}, the first that reported it with ${wrong}: what most members have will count`,
    ]);
    const third = scene.done(3, 0);
    expect(commits(third)).toEqual([[0, hashOf(0)]]);
    expect(drops(third)).toEqual([1]);
    expect(texts(third).at(-1)).toBe(`round 0 ends with ${hashOf(0)}, as most members have it: Kite (peer 1) has to join again`);
    expect(scene.state.hashes.get(0)).toBe(hashOf(0));
    expect([2, 3].map((id) => scene.state.peers.get(id)?.round)).toEqual([1, 1]);
  });

  test("ME23 what members report while it is open counts when they prove right", () => {
    const scene = begun(3);
    scene.done(1, 0, other);
    scene.done(2, 0);
    expect(drops(scene.done(2, 1))).toEqual([]);
    expect(commits(scene.done(3, 0))).toEqual([
      [0, hashOf(0)],
      [1, hashOf(1)],
    ]);
    expect(scene.state.committed).toBe(2);
    expect(scene.state.peers.get(2)?.round).toBe(2);
  });

  test("ME23 while it is open nothing further is permitted; nobody waits for it longer than 5 s", () => {
    const scene = begun(4, { leaseMs: 1 });
    scene.done(1, 0);
    scene.done(2, 0, other);
    const { permitted } = scene.state;
    expect(sent(scene.done(3, 0), "permit")).toEqual([]);
    expect(scene.state.permitted).toBe(permitted);
    scene.now += 5001;
    expect(scene.apply({ type: "tick" }).effects).toContainEqual({ type: "replay", checkpoint: undefined, through: 0 });
  });

  test("ME23 when everyone on one side is gone, the others go on", () => {
    const scene = begun(2);
    scene.done(1, 0);
    scene.done(2, 0, other);
    scene.lose(2);
    expect(scene.state.fork).toBeUndefined();
    expect(sent(scene.done(1, 1), "permit").length + scene.state.permitted).toBeGreaterThan(0);
  });
});

/** Two members, each with bits of its own; a checkpoint of round 0 is all there is. */
function tied() {
  const scene = begun(2);
  scene.done(1, 0, other);
  const decision = scene.done(2, 0);
  expect(decision.effects).toContainEqual({ type: "replay", checkpoint: undefined, through: 0 });
  expect(texts(decision).at(-1)).toMatch(
    /at as many members on either side: the coordinator computes everything since step 0 again; no further rounds are permitted/,
  );
  return scene;
}

describe("as many on either side", () => {
  test("ME24 who has what the coordinator computes is right, whoever reported first", () => {
    const scene = tied();
    const decision = scene.apply({ type: "replayed", result: { hash: hashOf(0) } });
    expect(drops(decision)).toEqual([1]);
    expect(commits(decision)).toEqual([[0, hashOf(0)]]);
    const same = tied();
    expect(drops(same.apply({ type: "replayed", result: { hash: wrong } }))).toEqual([2]);
    expect(same.state.hashes.get(0)).toBe(wrong);
  });

  test.each([
    [
      "the arbiter failed",
      { failure: "the arbiter ended with exit code 1 before it answered" },
      /before it answered; the run begins again from step 0/,
    ],
    ["nobody has what it computed", { hash: "1".repeat(16) }, /computed again it ends with 1111111111111111, which no member has/],
  ])("ME24 %s: all begin again from the checkpoint, and what they bring along counts for nothing", (_, result, why) => {
    const scene = tied();
    const decision = scene.apply({ type: "replayed", result });
    expect(drops(decision)).toEqual([1, 2]);
    expect(texts(decision)[0]).toMatch(why);
    expect(scene.state.committed).toBe(0);
    for (const id of [1, 2]) scene.lose(id);
    expect(scene.state.phase).toBe("waiting");
    const id = scene.state.nextPeer;
    scene.apply({ type: "join", hello: helloOf("Fox", { resume: { run: 7, round: 1, reports: [reportOf(0)] } }) });
    scene.ready(id);
    expect(scene.state.committed).toBe(0);
    expect(scene.state.peers.get(id)?.offers).toBeUndefined();
  });

  test("ME24 the coordinator's computing is waited for 15 minutes at most", () => {
    const scene = tied();
    scene.now += 15 * 60_000 + 1;
    for (const id of [1, 2]) scene.apply({ type: "heartbeat", peer: id, hidden: false, waitingFor: "" });
    expect(drops(scene.apply({ type: "tick" }))).toEqual([1, 2]);
  });
});
