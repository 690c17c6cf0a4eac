import type { CoordinatorMessage, Hello } from "../../coordinator/protocol/messages.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { PROTOCOL_VERSION } from "../../coordinator/protocol/version.ts";
import { advance } from "../../coordinator/run/advance.ts";
import {
  type Effect,
  emptyMembership,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
} from "../../coordinator/run/membership.ts";
import { decodeFrame, encodeFrame, type Frame } from "../../worker/collective/frame.ts";
import { Session } from "../../worker/session/session.ts";
import { train } from "../../worker/train/loop.ts";
import { STAND_IN_STATE, StandInReplica, standInLayouts } from "./standInReplica.ts";

/** A run's configuration with a few steps, for tests that do not compute real gradients. */
export const smallConfig = (changes: Partial<RunConfig> = {}): RunConfig => ({
  model: "lenet5",
  seed: 1,
  microBatch: 4,
  slots: 8,
  steps: 12,
  evaluate: true,
  optimizer: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0 },
  schedule: { name: "constant", learningRate: 0.1, warmUp: 0 },
  labelSmoothing: 0,
  augmentation: { cropPadding: 4, flip: true },
  gradientBits: 22,
  numerics: "plain",
  convolution: "direct",
  dataset: { name: "synthetic", trainRecords: 150, testRecords: 50, classes: ["a", "b"], digest: "0".repeat(64) },
  ...changes,
});

interface SwarmPeer {
  readonly id: number;
  readonly session: Session;
  readonly computed: Map<number, number[]>;
  state: Int32Array | undefined;
  alive: boolean;
  finished: boolean;
}

type Delivery = { readonly key: string; readonly run: () => void };

/**
 * Real sessions, real training loops and the real decisions of the coordinator, with a stand-in for gradients, on a network whose
 * deliveries happen in a seeded random order (in order between each two). No clock: time is the number of deliveries.
 */
export class Swarm {
  readonly config: RunConfig;
  readonly options: MembershipOptions;
  readonly peers = new Map<number, SwarmPeer>();
  readonly hashes = new Map<number, string>();
  readonly reasons: string[] = [];
  membership: Membership = emptyMembership;
  #queues = new Map<string, Delivery[]>();
  #random: () => number;
  #time = 0;

  constructor(config: RunConfig, seed: number, minPeers: number) {
    this.config = config;
    this.options = { config, run: 7, runName: "test", iceServers: [], minPeers, maxPeers: 100, silenceMs: 1e12, leaseMs: 100 };
    let word = seed * 2654435761 + 1;
    this.#random = () => {
      word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
      return word / 2 ** 32;
    };
  }

  random(below: number): number {
    return Math.floor(this.#random() * below);
  }

  join(): void {
    const id = this.membership.nextPeer;
    const hello: Hello = {
      type: "hello",
      protocol: PROTOCOL_VERSION,
      token: "t",
      name: `P${id}`,
      kind: "node",
      device: "",
      workers: 1,
      fused: true,
    };
    this.apply({ type: "join", hello });
    const send = (to: number, frame: Frame) => {
      const bytes = encodeFrame(frame).slice();
      this.#post(`${id}>${to}`, () => this.#alive(to)?.session.receive(decodeFrame(bytes)));
    };
    const session = new Session({
      run: 7,
      self: id,
      config: this.config,
      layoutOf: (kind) => standInLayouts[kind],
      stateElements: STAND_IN_STATE,
      send,
    });
    const peer: SwarmPeer = { id, session, computed: new Map(), state: undefined, alive: true, finished: false };
    this.peers.set(id, peer);
    this.#post(`${id}>c`, () =>
      this.apply({ type: "ready", peer: id, selfTest: "00000000000000aa", imagesPerSecond: 50 + this.random(100) }),
    );
    void this.#train(peer);
  }

  /** A peer is gone, as if its process had been killed: what it had under way to others may or may not arrive. */
  kill(id: number): void {
    const peer = this.#alive(id);
    if (peer === undefined) return;
    peer.alive = false;
    peer.session.close(new Error("killed"));
    for (const key of [...this.#queues.keys()].filter((name) => name.startsWith(`${id}>`))) {
      const queue = this.#queues.get(key) ?? [];
      this.#queues.set(key, queue.slice(0, this.random(queue.length + 1)));
    }
    this.apply({ type: "lost", peer: id, why: "was killed" });
  }

  alive(): SwarmPeer[] {
    return [...this.peers.values()].filter((peer) => peer.alive);
  }

  /** Delivers until nothing is under way. `onDelivery` may join and kill. */
  async settle(onDelivery: (count: number) => void = () => undefined, most = 200_000): Promise<void> {
    for (let count = 0; count < most; count++) {
      await microtasks();
      const waiting = [...this.#queues.values()].filter((queue) => queue.length > 0);
      if (waiting.length === 0) return;
      const queue = waiting[this.random(waiting.length)] as Delivery[];
      this.#time++;
      (queue.shift() as Delivery).run();
      onDelivery(count);
    }
    throw new Error(
      `not settled after ${most} deliveries: ${this.alive()
        .map((p) => `${p.id} at ${p.session.round}: ${p.session.waitingFor()}`)
        .join("; ")}`,
    );
  }

  apply(event: MembershipEvent): void {
    const decision = advance(this.membership, event, this.#time, this.options);
    this.membership = decision.state;
    this.reasons.push(...decision.reasons.map(({ text }) => text));
    for (const effect of decision.effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    if (effect.type === "send") for (const to of effect.to) this.#post(`c>${to}`, () => this.#hear(to, effect.message));
    else if (effect.type === "drop") throw new Error(effect.sentence);
  }

  #hear(to: number, message: CoordinatorMessage): void {
    const peer = this.#alive(to);
    if (peer === undefined) return;
    if (message.type === "views") peer.session.adopt(message.views);
    else if (message.type === "permit") peer.session.permit(message.through);
    else if (message.type === "finished") peer.finished = true;
    else if (message.type === "connect")
      this.#post(`${to}>c`, () => this.apply({ type: "link", peer: to, other: message.peer, state: "direct" }));
  }

  async #train(peer: SwarmPeer): Promise<void> {
    const replica = new StandInReplica(this.config, (round, slots) => {
      peer.computed.set(round, [...(peer.computed.get(round) ?? []), ...slots]);
    });
    const store = { records: (_: string, indices: Int32Array) => Promise.resolve(new Uint8Array(indices.length)) };
    const training = train({
      config: this.config,
      session: peer.session,
      replica: replica as never,
      store: store as never,
      now: () => this.#time,
      onRound: (round, { hash, metrics }, timing) => {
        const known = this.hashes.get(round.round);
        if (known !== undefined && known !== hash) throw new Error(`peer ${peer.id}, round ${round.round}: ${hash} is not ${known}`);
        this.hashes.set(round.round, hash);
        const report = { round: round.round, hash, metrics, timing: { ...timing, bytesSent: 0 } };
        this.#post(`${peer.id}>c`, () => peer.alive && this.apply({ type: "done", peer: peer.id, report }));
      },
    });
    await training.catch((error: unknown) => {
      if (peer.alive) throw error;
    });
    peer.state = await replica.state();
  }

  #alive(id: number): SwarmPeer | undefined {
    const peer = this.peers.get(id);
    return peer?.alive ? peer : undefined;
  }

  #post(key: string, run: () => void): void {
    const queue = this.#queues.get(key) ?? [];
    queue.push({ key, run });
    this.#queues.set(key, queue);
  }
}

/** Lets every promise that can go on do so. */
async function microtasks(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
