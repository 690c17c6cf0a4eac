import { expect, test } from "vitest";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { aggregatorsOf, rowsOf } from "../../coordinator/protocol/topology.ts";
import type { View } from "../../coordinator/protocol/view.ts";
import { orderAudits } from "../../coordinator/run/auditOrders.ts";
import { seatsOf } from "../../coordinator/run/seating.ts";
import { timing } from "../protocol/samples.ts";
import { announced, begun, Coordination, hashOf, sent, texts } from "./membershipScene.ts";

/** A run of so many peers, all linked as they were told to. */
function crowd(peers: number, config: Partial<RunConfig> = {}): Coordination {
  const scene = new Coordination({ minPeers: peers, maxPeers: 2000 }, { slots: 128, ...config });
  for (let i = 0; i < peers; i++) {
    const id = scene.join(`P${i + 1}`);
    for (const { to, message } of sent(scene.ready(id), "connect")) {
      for (const other of to) scene.apply({ type: "link", peer: other, other: message.peer, state: "direct" });
    }
  }
  return scene;
}

test("ME4 ME5 70 peers begin with the links of their rows and columns alone", () => {
  const scene = crowd(70);
  expect(scene.state.phase).toBe("running");
  expect(scene.state.views[0]?.seats).toEqual(Array.from({ length: 70 }, (_, i) => i + 1));
  const links = [...scene.state.peers.values()].map((peer) => peer.links.size);
  expect(Math.max(...links)).toBeLessThanOrEqual(31 + 2);
});

test("ME4 up to 32 peers views have no seats, and everyone links with everyone", () => {
  const scene = crowd(32);
  expect(scene.state.views[0]).not.toHaveProperty("seats");
  expect([...scene.state.peers.values()].every(({ links }) => links.size === 31)).toBe(true);
});

test("TO4 who stands in at free seats is asked to link with the owners of these columns, once", () => {
  const scene = crowd(70);
  const asked = sent(scene.apply({ type: "tick" }), "connect");
  expect(asked.length).toBeGreaterThan(0);
  expect(sent(scene.apply({ type: "tick" }), "connect")).toEqual([]);
});

test("VI4 TO3 on two levels the slices of a lost peer stay in their columns, its seat is free, and the next one gets it", () => {
  const scene = crowd(70);
  const before = scene.state.views.at(-1) as View;
  const lost = before.owners[5] as number;
  const [view] = announced(scene.lose(lost)) as [View];
  const seats = before.seats as number[];
  const aggregators = rowsOf(view.seats as number[]).map((row) => aggregatorsOf(row, () => true));
  for (const [k, owner] of view.owners.entries()) {
    if (before.owners[k] !== lost) expect(owner).toBe(before.owners[k]);
    else expect(aggregators.map((row) => row[k % 32])).toContain(owner);
  }
  expect(view.seats?.[seats.indexOf(lost)] ?? 0).toBe(0);
  scene.ready(scene.join("Owl"));
  expect([...scene.state.peers.values()].at(-1)?.seat).toBe(seats.indexOf(lost));
});

test("TO7 a run goes back to one row when 28 are left, however high their seats: all exchange directly, and are asked to link", () => {
  const scene = crowd(36);
  for (let id = 1; id <= 7; id++) scene.lose(id);
  expect(scene.state.views.at(-1)).toHaveProperty("seats"); // 29 are left
  const decision = scene.lose(8);
  const view = announced(decision).at(-1) as View;
  expect(view).not.toHaveProperty("seats");
  expect(view.fromRound).toBeGreaterThan(0);
  expect(new Set(view.owners)).toEqual(new Set(view.members));
  expect(texts(decision).join()).toMatch(/28 peers are left: from round \d+ on they exchange directly/);
  const seats = [...scene.state.peers.values()].map(({ seat }) => seat as number);
  expect(new Set(seats).size).toBe(28);
  expect(Math.max(...seats)).toBeLessThan(32);
  const pairs = sent(decision, "connect").flatMap(({ to, message }) => to.map((peer) => [peer, message.peer].sort((a, b) => a - b).join()));
  for (const a of view.members) {
    for (const b of view.members.filter((other) => other > a)) {
      const linked = scene.state.peers.get(a)?.links.has(b) && scene.state.peers.get(b)?.links.has(a);
      expect(linked || pairs.filter((pair) => pair === `${a},${b}`).length === 2, `${a} and ${b}`).toBe(true);
    }
  }
});

test("TO7 who links up while the others move is asked to link with all of them; and beyond 32 there are rows again", () => {
  const scene = crowd(36);
  const newcomer = scene.join("Owl");
  scene.ready(newcomer);
  for (let id = 1; id <= 9; id++) scene.lose(id);
  const { seat } = scene.state.peers.get(newcomer) ?? {};
  expect(seat).toBeLessThan(32);
  for (const other of scene.at("member")) scene.link(newcomer, other);
  expect(scene.stage(newcomer)).toBe("observer");
  for (const name of ["Elk", "Bee", "Ant", "Cod", "Jay"]) scene.enter(name);
  expect(scene.state.views.at(-1)?.seats?.length).toBe(33);
});

test("AU1 of 64 contributions 2 % are drawn as well, but from no more than a quarter of the rounds", () => {
  const { state, options } = crowd(64, { steps: 4000, evaluate: false });
  const { audits } = orderAudits({ ...state, permitted: -1 }, 3999, { ...options, auditShare: 0.02 }).state;
  const drawn = [...audits.inquiries.values()].reduce((sum, { checks }) => sum + checks.length, 0) / (64 * 4000);
  expect(drawn).toBeGreaterThan(0.018);
  expect(drawn).toBeLessThan(0.022);
  expect(audits.inquiries.size / 4000).toBeGreaterThan(0.2);
  expect(audits.inquiries.size / 4000).toBeLessThan(0.26);
});

test("TO6 seats within the first row are none", () => {
  expect(seatsOf([[7, 31]])).toBeUndefined();
  expect(seatsOf([[7, 32]])?.[32]).toBe(7);
  expect(seatsOf([[7, 31]], 31)).toBeUndefined();
  expect(seatsOf([[7, 31]], 32)).toHaveLength(32); // with those who have no seat they are too many to exchange directly
});

test("ME19 who waits for a permit is not late, but the one that keeps everyone from it", () => {
  const scene = begun(3, {}, { steps: 1000, evaluate: false });
  scene.membersDo(5);
  // Observers had been let in again a few rounds behind: peer 3 is at round 6 still, the others have done all that is permitted.
  for (let round = 6; round <= scene.state.permitted; round++) for (const id of [1, 2]) scene.done(id, round);
  expect(scene.state.permitted).toBeGreaterThan(6);
  scene.now += 3000;
  for (const id of [1, 2, 3]) scene.apply({ type: "heartbeat", peer: id, hidden: false, waitingFor: "" });
  scene.apply({ type: "tick" });
  expect([1, 2, 3].map((id) => scene.stage(id))).toEqual(["member", "member", "observer"]);
});

test("ME14 an observer more than 128 rounds behind has to join again", () => {
  const scene = begun(2, { leaseMs: 1e9 }, { steps: 1000, evaluate: false });
  const observer = scene.enter("Owl");
  const round = scene.state.views.at(-1)?.observers[0]?.stateOfRound as number;
  scene.membersDo(round);
  scene.done(observer, round, { hash: hashOf(round + 1) });
  const late = scene.enter("Elk");
  const begins = scene.state.views.at(-1)?.observers.find(({ peer }) => peer === late)?.stateOfRound as number;
  while (scene.state.committed < begins + 128) scene.membersDo(scene.state.committed);
  expect(scene.apply({ type: "tick" }).effects).not.toContainEqual(expect.objectContaining({ type: "drop", peer: late }));
  scene.membersDo(scene.state.committed);
  expect(scene.apply({ type: "tick" }).effects).toContainEqual(expect.objectContaining({ type: "drop", peer: late }));
});

test("ME15 a member that was too slow for a slot gets one again after a while", () => {
  const scene = begun(2, {}, { steps: 1000, evaluate: false });
  const slow = { timing: { ...timing, images: 4, computeMs: 1e6 } };
  const fast = { timing: { ...timing, images: 28, computeMs: 10 } };
  const holds = () => scene.state.views.at(-1)?.slotHolders.includes(2);
  for (let round = 0; holds(); round++) {
    scene.now += 2000;
    scene.done(1, round, fast);
    scene.done(2, round, slow);
  }
  const idleSince = scene.now;
  let reasons: string[] = [];
  while (!holds()) {
    const round = scene.state.committed;
    scene.now += 1000;
    reasons = texts(scene.done(1, round, fast));
    reasons = [...reasons, ...texts(scene.done(2, round, { timing: { ...timing, images: 0, computeMs: 0 } }))];
    expect(scene.now - idleSince).toBeLessThan(30_000);
  }
  expect(reasons.join()).toMatch(/had no slots for 15 s or more: one shows how fast it is now/);
});
