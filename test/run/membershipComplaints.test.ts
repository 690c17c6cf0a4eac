import { expect, test } from "vitest";
import { announced, begun, Coordination, texts } from "./membershipScene.ts";

/** Newcomers find a permit that ends soon. */
const quick = { leaseMs: 1 };

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
    "P3 (peer 3) sent what cannot be part of this run, say 1 of 4 other members: slice 99 is not one of 64; neither sums up slices any more",
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

// In a run of one, a newcomer's word would else have been more than half of the others'.
test("ME22 a newcomer's word drops no member, however many newcomers there are; who hears no member joins again", () => {
  const scene = begun(1, quick);
  const [fox, owl] = [scene.enter("Fox"), scene.enter("Owl")];
  expect(scene.at("observer")).toEqual([fox, owl]);
  const first = complain(scene, fox, 1);
  expect(dropped(first)).toEqual([fox]);
  expect(texts(first)).toEqual([
    `Kite (peer 1) sent what cannot be part of this run, says peer ${fox}, who listens to no member any more and has to join again: slice 99 is not one of 64`,
  ]);
  expect(dropped(complain(scene, owl, 1))).toEqual([owl]);
  expect(scene.at("member")).toEqual([1]);
  expect(scene.state.audits.strikes.size).toBe(0);
});

test("ME22 the word of a run's only member is enough against an observer, and proves nothing", () => {
  const scene = begun(1, quick);
  const fox = scene.enter("Fox");
  expect(dropped(complain(scene, 1, fox))).toEqual([fox]);
  expect(scene.state.audits.strikes.size).toBe(0);
});

test("ME22 of two members who do not hear each other the one goes that came later, whoever complains", () => {
  for (const [peer, about] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const decision = complain(running(2), peer, about);
    expect(dropped(decision)).toEqual([2]);
    expect(texts(decision)[0]).toMatch(/which proves nothing: of 2 members all contradict others; peer 2, .* has to join again/);
  }
});

test("ME22 two who do not hear each other go on as long as there is a third; without it the later one goes", () => {
  const scene = running(3);
  expect(dropped(complain(scene, 1, 2))).toEqual([]);
  expect(dropped(scene.apply({ type: "tick" }))).toEqual([]);
  scene.lose(3);
  expect(dropped(scene.apply({ type: "tick" }))).toEqual([2]);
});

test("ME22 who alone contradicts all others goes when nobody is left whom nobody contradicts", () => {
  const scene = running(3);
  expect(dropped(complain(scene, 1, 2))).toEqual([]);
  const decision = complain(scene, 1, 3); // 1 of 2 others: neither 2 nor 3 is proven wrong
  expect(dropped(decision)).toEqual([1]);
  expect(scene.state.audits.strikes.size).toBe(0);
});

test("ME22 what a peer says of others is not what they say of it", () => {
  const scene = running(6);
  for (const about of [2, 3, 4]) expect(dropped(complain(scene, 1, about))).toEqual([]);
  const decision = complain(scene, 5, 1);
  expect(texts(decision)[0]).toMatch(/say 1 of 5 other members/);
  expect(scene.state.audits.strikes.size).toBe(0);
});

test("ME22 nobody complains about himself or about who is gone", () => {
  const scene = running(2);
  expect(dropped(complain(scene, 1, 1))).toEqual([]);
  expect(dropped(complain(scene, 1, 9))).toEqual([]);
});
