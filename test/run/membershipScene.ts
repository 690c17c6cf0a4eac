import type { CoordinatorMessage, Hello } from "../../coordinator/protocol/messages.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { PROTOCOL_VERSION } from "../../coordinator/protocol/version.ts";
import type { PeerId, View } from "../../coordinator/protocol/view.ts";
import { advance } from "../../coordinator/run/advance.ts";
import {
  type Decision,
  emptyMembership,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
  type RoundReport,
  type Stage,
} from "../../coordinator/run/membership.ts";
import { metrics, config as sample, timing } from "../protocol/samples.ts";

/** Five steps make an epoch; with the evaluations the run has 15 rounds. */
const small: RunConfig = {
  ...sample,
  slots: 8,
  microBatch: 4,
  steps: 12,
  dataset: { ...sample.dataset, trainRecords: 150, testRecords: 50 },
};

export const SELF_TEST = "00000000000000aa";

export const hashOf = (round: number): string => `cafe${round.toString(16).padStart(12, "0")}`;

export const helloOf = (name: string, changes: Partial<Hello> = {}): Hello => ({
  type: "hello",
  protocol: PROTOCOL_VERSION,
  token: "token",
  name,
  kind: "tab",
  device: "a browser",
  workers: 1,
  fused: true,
  identity: identityOf(name),
  ...changes,
});

/** A name is a peer's own in these tests. */
const identityOf = (name: string): string => Buffer.from(name).toString("hex").padStart(32, "0").slice(-32);

export const reportOf = (round: number, changes: Partial<RoundReport> = {}): RoundReport => ({
  round,
  hash: hashOf(round),
  metrics,
  timing,
  ...changes,
});

/** The messages of one type in a decision, with those who get them. */
export function sent<T extends CoordinatorMessage["type"]>(
  { effects }: Pick<Decision, "effects">,
  type: T,
): { readonly to: readonly PeerId[]; readonly message: Extract<CoordinatorMessage, { type: T }> }[] {
  return effects.flatMap((effect) => {
    if (effect.type !== "send" || effect.message.type !== type) return [];
    return [{ to: effect.to, message: effect.message as Extract<CoordinatorMessage, { type: T }> }];
  });
}

export const texts = ({ reasons }: Pick<Decision, "reasons">): string[] => reasons.map(({ text }) => text);

/** Views that a decision announces. */
export const announced = (decision: Decision): View[] => sent(decision, "views").flatMap(({ message }) => message.views);

/** The coordinator's decisions about a run, one event at a time, on a clock that stands still unless it is told otherwise. */
export class Coordination {
  readonly options: MembershipOptions;
  state: Membership = emptyMembership;
  now = 1000;

  constructor(changes: Partial<MembershipOptions> = {}, config: Partial<RunConfig> = {}) {
    this.options = {
      config: { ...small, ...config },
      run: 7,
      runName: "a run",
      iceServers: [],
      minPeers: 1,
      maxPeers: 100,
      silenceMs: 10_000,
      leaseMs: 1000,
      checkpointMs: 1e12,
      auditShare: 0,
      auditSecret: "a secret",
      ...changes,
    };
  }

  apply(event: MembershipEvent): Decision {
    const decision = advance(this.state, event, this.now, this.options);
    this.state = decision.state;
    return decision;
  }

  join(name: string, changes: Partial<Hello> = {}): PeerId {
    const id = this.state.nextPeer;
    this.apply({ type: "join", hello: helloOf(name, changes) });
    return id;
  }

  ready(id: PeerId, imagesPerSecond = 100): Decision {
    return this.apply({ type: "ready", peer: id, selfTest: SELF_TEST, imagesPerSecond });
  }

  /** Both ends say that they hear each other. */
  link(a: PeerId, b: PeerId): Decision {
    this.apply({ type: "link", peer: a, other: b, state: "direct" });
    return this.apply({ type: "link", peer: b, other: a, state: "direct" });
  }

  /** Joins, is ready and links with everyone. */
  enter(name: string, imagesPerSecond = 100): PeerId {
    const id = this.join(name);
    this.ready(id, imagesPerSecond);
    for (const other of this.state.peers.keys()) if (other !== id) this.link(id, other);
    return id;
  }

  done(id: PeerId, round: number, changes: Partial<RoundReport> = {}): Decision {
    return this.apply({ type: "done", peer: id, report: reportOf(round, changes) });
  }

  lose(id: PeerId, why = "was lost"): Decision {
    return this.apply({ type: "lost", peer: id, why });
  }

  stage(id: PeerId): Stage | undefined {
    return this.state.peers.get(id)?.stage;
  }

  at(stage: Stage): PeerId[] {
    return [...this.state.peers.values()].filter((peer) => peer.stage === stage).map(({ id }) => id);
  }

  /** So long that whoever was in the run before, and held its newest state, would have come back. */
  nobodyReturns(): Decision {
    this.now += 3000;
    return this.apply({ type: "tick" });
  }

  /** Every member does all rounds up to this one. */
  membersDo(through: number): void {
    for (let round = this.state.committed; round <= through; round++) for (const id of this.at("member")) this.done(id, round);
  }
}

const NAMES = ["Kite", "Fox", "Owl", "Elk", "Bee", "Ant", "Cod", "Jay"];

/** A run that so many peers have begun together. */
export function begun(peers: number, changes: Partial<MembershipOptions> = {}, config: Partial<RunConfig> = {}, now = 1000): Coordination {
  const scene = new Coordination({ minPeers: peers, ...changes }, config);
  scene.now = now;
  for (const name of NAMES.slice(0, peers)) scene.enter(name);
  return scene;
}
