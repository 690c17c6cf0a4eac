import { expect, test } from "vitest";
import { Coordination, texts } from "./membershipScene.ts";

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
  expect(texts(first)).toEqual(["P3 (peer 3) sent what cannot be part of this run, say 1 of 4 others: slice 99 is not one of 64"]);
  expect(dropped(complain(scene, 1, 3))).toEqual([]); // the same one again
  expect(dropped(complain(scene, 2, 3))).toEqual([3]);
});

test("ME22 nobody complains about himself or about who is gone", () => {
  const scene = running(2);
  expect(dropped(complain(scene, 1, 1))).toEqual([]);
  expect(dropped(complain(scene, 1, 9))).toEqual([]);
});
