import fc from "fast-check";
import { expect, test } from "vitest";
import { roundCount } from "../../coordinator/protocol/rounds.ts";
import { type PeerId, type View, viewFor } from "../../coordinator/protocol/view.ts";
import { advance } from "../../coordinator/run/advance.ts";
import { type Decision, type Membership, type MembershipEvent, peersAt } from "../../coordinator/run/membership.ts";
import { type Random, seeded } from "../collective/numbers.ts";
import { announced, Coordination, hashOf, helloOf, reportOf, SELF_TEST, sent } from "./membershipScene.ts";

/** What a peer would know: the rounds it may do, and where it stands. */
interface Knowledge {
  round: number | undefined;
  permitted: number;
}

/** Peers that do what the protocol allows, in an order that chance decides. */
class Swarm {
  readonly scene: Coordination;
  readonly known = new Map<PeerId, Knowledge>();
  readonly #random: Random;

  constructor(scene: Coordination, random: Random) {
    this.scene = scene;
    this.#random = random;
  }

  /** Something that can happen now. */
  event(): MembershipEvent {
    const { state } = this.scene;
    const ids = [...state.peers.keys()];
    const id = ids[this.#random(ids.length)];
    switch (this.#random(12)) {
      case 0:
        if (ids.length < 9) return { type: "join", hello: helloOf(`P${state.nextPeer}`) };
        break;
      case 1:
        if (id !== undefined && this.#random(3) === 0) return { type: "lost", peer: id, why: "was lost" };
        break;
      case 2:
        return { type: "tick" };
      case 3:
        if (id !== undefined) return { type: "heartbeat", peer: id, hidden: this.#random(2) === 0, waitingFor: "" };
        break;
      default: {
        const other = ids[this.#random(ids.length)];
        const stage = id === undefined ? undefined : state.peers.get(id)?.stage;
        if (id === undefined || other === undefined) break;
        if (stage === "preparing") return { type: "ready", peer: id, selfTest: SELF_TEST, imagesPerSecond: this.#random(200) };
        if (id !== other && !state.peers.get(id)?.links.has(other)) return { type: "link", peer: id, other, state: "direct" };
        const round = this.#doable(id);
        if (round !== undefined) return { type: "done", peer: id, report: reportOf(round) };
      }
    }
    return { type: "tick" };
  }

  /** The round that this peer can complete now: permitted, and everyone who computes for it is as far. */
  #doable(id: PeerId): number | undefined {
    const { state, options } = this.scene;
    const { round, permitted } = this.known.get(id) ?? { round: undefined, permitted: -1 };
    if (round === undefined || round > permitted || round >= roundCount(options.config)) return undefined;
    const members = viewFor(state.views, round)?.members ?? [];
    return members.every((member) => (this.known.get(member)?.round ?? -1) >= round) ? round : undefined;
  }

  /** What the peers learn from a decision, and from the states that donors send. */
  learn(event: MembershipEvent, decision: Decision): void {
    if (event.type === "done") this.#of(event.peer).round = event.report.round + 1;
    for (const { to, message } of sent(decision, "permit")) for (const id of to) this.#of(id).permitted = message.through;
    for (const { to, message } of sent(decision, "views")) {
      for (const view of message.views) {
        if (!view.begins) continue;
        for (const id of to)
          this.known.set(id, { round: view.members.includes(id) ? view.fromRound : undefined, permitted: view.fromRound - 1 });
      }
    }
    for (const id of [...this.known.keys()]) if (!decision.state.peers.has(id)) this.known.delete(id);
    for (const { peer, donor, stateOfRound } of this.scene.state.views.flatMap(({ observers }) => observers)) {
      const reached = (this.known.get(donor)?.round ?? -1) >= stateOfRound;
      if (reached && decision.state.peers.has(peer)) this.#of(peer).round ??= stateOfRound;
    }
  }

  #of(id: PeerId): Knowledge {
    const known = this.known.get(id) ?? { round: undefined, permitted: -1 };
    this.known.set(id, known);
    return known;
  }
}

/** Rules that hold after every decision. */
function expectInvariants(before: Membership, decision: Decision): void {
  const { state } = decision;
  const [, , views] = [expectGrowth(before, decision), expectReasons(before, decision), state.views];
  const members = peersAt(state, "member").map(({ id }) => id);
  if (state.phase !== "running") return;
  const slowest = Math.min(...peersAt(state, "member").map(({ round }) => round as number));
  for (let round = slowest; round <= state.permitted; round++) {
    const view = viewFor(views, round) as View;
    for (const holder of [...view.slotHolders, ...view.owners]) {
      expect(members, `VI5 round ${round} in view ${view.view}`).toContain(holder);
      expect(view.members).toContain(holder);
    }
  }
}

function expectGrowth(before: Membership, { state, ...decision }: Decision): void {
  const fresh = announced(decision as Decision).map(({ view }) => view);
  expect(fresh, "VI2").toEqual(fresh.map((_, i) => before.nextView + i));
  expect(state.nextView).toBe(before.nextView + fresh.length);
  expect(state.nextPeer).toBeGreaterThanOrEqual(before.nextPeer);
  const restarted = before.phase === "running" && state.phase === "waiting";
  if (!restarted) expect(state.permitted, "ME10").toBeGreaterThanOrEqual(before.permitted);
  expect(state.committed - before.committed, "ME9").toBeLessThanOrEqual(1);
}

/** Whatever changes views, members or the phase is explained. */
function expectReasons(before: Membership, { state, reasons }: Decision): void {
  const memberIds = (from: Membership): string =>
    peersAt(from, "member")
      .map(({ id }) => id)
      .join();
  const changed = before.nextView !== state.nextView || before.phase !== state.phase || memberIds(before) !== memberIds(state);
  if (changed) expect(reasons.map(({ text }) => text).join(), "ME17").toMatch(/\w \w/);
}

/** In rounds that had begun, only what lost peers held changes hands. */
function expectOnlyLostMoved(before: Membership, { state }: Decision): void {
  if (before.phase !== "running" || state.phase !== "running") return;
  for (let round = Math.min(...peersAt(before, "member").map((peer) => peer.round as number)); round <= before.permitted; round++) {
    const [old, now] = [viewFor(before.views, round), viewFor(state.views, round)];
    if (old === undefined || now === undefined || old === now) continue;
    for (const table of ["slotHolders", "owners"] as const) {
      for (const [i, holder] of old[table].entries()) {
        if (state.peers.get(holder)?.stage === "member") expect(now[table][i], `VI4 ${table} of round ${round}`).toBe(holder);
      }
    }
    const receivers = [...old.members, ...old.observers.map(({ peer }) => peer)].filter((id) => state.peers.has(id));
    const stillReceivers = [...now.members, ...now.observers.map(({ peer }) => peer)];
    for (const id of receivers) expect(stillReceivers, `VI4 receivers of round ${round}`).toContain(id);
  }
}

const freeze = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of value instanceof Map ? value.values() : Object.values(value)) freeze(part);
  }
  return value;
};

const scenes = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  minPeers: fc.integer({ min: 1, max: 3 }),
  leaseMs: fc.constantFrom(1, 4000),
});

test("VI2 VI4 VI5 ME9 ME10 ME17 hold after every decision, whatever happens", () => {
  const run = ({ seed, minPeers, leaseMs }: { seed: number; minPeers: number; leaseMs: number }) => {
    const scene = new Coordination({ minPeers, leaseMs, silenceMs: 1e12 }, { steps: 30 });
    const random = seeded(seed);
    const swarm = new Swarm(scene, random);
    for (let i = 0; i < 600 && scene.state.phase !== "finished"; i++) {
      const event = swarm.event();
      const before = scene.state;
      scene.now += 1 + random(500);
      const decision = scene.apply(event);
      swarm.learn(event, decision);
      expectInvariants(before, decision);
      expectOnlyLostMoved(before, decision);
      for (const [round, hash] of decision.state.hashes) expect(hash).toBe(hashOf(round));
    }
  };
  fc.assert(fc.property(scenes, run), { numRuns: 60 });
});

test("ME1 a decision changes nothing but what it returns, and is the same every time", () => {
  const run = ({ seed, minPeers, leaseMs }: { seed: number; minPeers: number; leaseMs: number }) => {
    const scene = new Coordination({ minPeers, leaseMs, silenceMs: 60_000 }, { steps: 10 });
    const random = seeded(seed);
    const swarm = new Swarm(scene, random);
    for (let i = 0; i < 200; i++) {
      const event = freeze(swarm.event());
      const state = freeze(scene.state);
      scene.now += random(500);
      const twice = [0, 1].map(() => advance(state, event, scene.now, scene.options));
      expect(twice[0]).toEqual(twice[1]);
      swarm.learn(event, scene.apply(event));
    }
  };
  fc.assert(fc.property(scenes, run), { numRuns: 15 });
});
