import { expect, test } from "vitest";
import { announced, Coordination, texts } from "./membershipScene.ts";

/** A run with as many members. */
function running(members: number): Coordination {
  const scene = new Coordination({ minPeers: members });
  for (let i = 0; i < members; i++) scene.enter(`P${i + 1}`);
  return scene;
}

const complain = (scene: Coordination, peer: number, about: number) =>
  scene.apply({ type: "complain", peer, about, why: "slice 99 is not one of 64" });

const dropped = ({ effects }: ReturnType<Coordination["apply"]>) =>
  effects.flatMap((effect) => (effect.type === "drop" ? [effect.peer] : []));

test("ME22 two of four others are not enough to drop a peer, three of four are", () => {
  const scene = running(5);
  const first = complain(scene, 1, 3);
  expect(dropped(first)).toEqual([]);
  expect(texts(first)).toEqual([
    "P3 (peer 3) sent what cannot be part of this run, say 1 of 4 others: slice 99 is not one of 64; neither sums up slices any more",
  ]);
  expect(dropped(complain(scene, 1, 3))).toEqual([]); // the same one again
  expect(dropped(complain(scene, 2, 3))).toEqual([]);
  expect(dropped(complain(scene, 4, 3))).toEqual([3]);
  expect(scene.state.audits.strikes.size).toBe(1);
});

// A peer that listens to another no longer would wait for its slots for ever.
test("ME22 who complains and who is complained about own no slices, also of the round in progress", () => {
  const scene = running(5);
  const [view] = announced(complain(scene, 1, 3));
  expect(view.fromRound).toBe(0);
  expect(new Set(view.owners)).toEqual(new Set([2, 4, 5]));
  expect(view.slotHolders).toEqual(scene.state.views[0].slotHolders);
});

test("ME22 of two, one is dropped when the other complains, and that proves nothing", () => {
  const scene = running(2);
  expect(dropped(complain(scene, 1, 2))).toEqual([2]);
  expect(scene.state.audits.strikes.size).toBe(0);
});

test("ME22 nobody complains about himself or about who is gone", () => {
  const scene = running(2);
  expect(dropped(complain(scene, 1, 1))).toEqual([]);
  expect(dropped(complain(scene, 1, 9))).toEqual([]);
});
