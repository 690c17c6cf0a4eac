import { expect, test } from "vitest";
import { begun, type Coordination, sent, texts } from "./membershipScene.ts";

/** Hardly anything is audited by chance. */
const share = { auditShare: 1e-9 };

const say = (scene: Coordination, peer: number, about: number, round: number) =>
  scene.apply({ type: "suspect", peer, about, round, why: "its slots have 28 times the norm of any other" });

/** Whom the next permits have audited, by round. */
function audited(scene: Coordination, through: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let round = scene.state.committed; round <= through; round++) {
    for (const id of scene.at("member")) {
      for (const { message } of sent(scene.done(id, round), "audit")) counts.set(message.round, (counts.get(message.round) ?? 0) + 1);
    }
  }
  return counts;
}

test("AU11 every contribution to the next two unpermitted rounds is computed again, and the reason says why", () => {
  const scene = begun(3, share);
  scene.membersDo(0);
  const first = scene.state.permitted + 1;
  expect(texts(say(scene, 2, 3, 0))).toEqual([
    `Fox (peer 2) says of Owl (peer 3) in round 0: its slots have 28 times the norm of any other; every contribution to rounds ${first} to ${first + 1} is computed again by another member`,
  ]);
  expect(audited(scene, 6)).toEqual(
    new Map([
      [first, 3],
      [first + 1, 3],
    ]),
  );
});

test("AU11 an owner's word about one peer counts once in 100 rounds, another owner's all the same", () => {
  const scene = begun(3, share);
  scene.membersDo(0);
  say(scene, 2, 3, 0);
  audited(scene, 4);
  const { through } = scene.state.audits.alert;
  say(scene, 2, 3, 4);
  expect(scene.state.audits.alert.through).toBe(through);
  say(scene, 1, 3, 4);
  expect(scene.state.audits.alert.through).toBe(scene.state.permitted + 2);
});

test("AU11 what is said of rounds to come, of nobody, or without audits counts for nothing", () => {
  for (const [scene, about, round] of [
    [begun(3, share), 3, 5],
    [begun(3, share), 9, 0],
    [begun(3), 3, 0],
  ] as const) {
    const { state, reasons } = say(scene, 2, about, round);
    expect(reasons).toEqual([]);
    expect(state.audits.alert.through).toBe(-1);
  }
});
