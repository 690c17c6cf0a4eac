import { expect, test } from "vitest";
import { DashboardFeed } from "../../coordinator/run/dashboardFeed.ts";
import { begun, sent, texts } from "./membershipScene.ts";

const path = "/runs/a/journal.jsonl";
const sentence = `The disk is full: ${path} cannot be written. Training pauses, nothing is lost; free some space, and it goes on by itself.`;

test("FI3 while the disk is full nothing further is permitted; it is said once, and shown", () => {
  const scene = begun(2, { leaseMs: 1 });
  expect(texts(scene.apply({ type: "storage", stuck: [path] }))).toEqual([sentence]);
  expect(texts(scene.apply({ type: "storage", stuck: [path, "/runs/a/metrics.jsonl"] }))).toEqual([]);
  const { permitted } = scene.state;
  scene.membersDo(permitted);
  scene.now += 60_000;
  for (const id of [1, 2]) scene.apply({ type: "heartbeat", peer: id, hidden: false, waitingFor: "" });
  scene.apply({ type: "tick" });
  expect([scene.state.permitted, scene.state.committed, scene.at("member")]).toEqual([permitted, permitted + 1, [1, 2]]);
  const feed = new DashboardFeed(scene.options.config, "a run", "http://join", 0);
  expect(feed.state(scene.state, scene.now).sentence).toBe(sentence);
});

test("FI3 when there is space again, it goes on at once, and nobody is late because of it", () => {
  const scene = begun(3, { leaseMs: 1 });
  scene.membersDo(6);
  scene.apply({ type: "storage", stuck: [path] });
  scene.membersDo(scene.state.permitted);
  const { committed } = scene.state;
  scene.now += 3_600_000;
  for (const id of [1, 2, 3]) scene.apply({ type: "heartbeat", peer: id, hidden: false, waitingFor: "" });
  const decision = scene.apply({ type: "storage", stuck: [] });
  expect(texts(decision)).toEqual([`there is space on the disk again after ${committed} rounds: training goes on`]);
  expect(sent(decision, "permit")).toEqual([{ to: [1, 2, 3], message: { type: "permit", through: committed + 2 } }]);
  scene.apply({ type: "computed", peer: 1, round: committed });
  scene.apply({ type: "tick" });
  expect(scene.at("member")).toEqual([1, 2, 3]);
  expect(texts(scene.apply({ type: "storage", stuck: [] }))).toEqual([]);
});

test("FI3 a newcomer that waits for a round which is not permitted yet is not stuck", () => {
  const scene = begun(1, { leaseMs: 1, silenceMs: 1e12 });
  scene.membersDo(3);
  const id = scene.enter("Owl");
  scene.apply({ type: "storage", stuck: [path] });
  scene.membersDo(scene.state.permitted);
  scene.now += 120_000;
  expect(scene.apply({ type: "tick" }).effects).toEqual([]);
  scene.apply({ type: "storage", stuck: [] });
  expect(scene.apply({ type: "tick" }).effects).toEqual([]);
  expect(scene.stage(id)).toBe("observer");
});
