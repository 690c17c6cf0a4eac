import type { CoordinatorMessage, PeerMessage, RoundMetrics, RoundTiming } from "../../coordinator/protocol/messages.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { View } from "../../coordinator/protocol/view.ts";

export const config: RunConfig = {
  model: "resnet20",
  seed: 0xffffffff,
  microBatch: 32,
  slots: 8,
  steps: 1960,
  evaluate: true,
  optimizer: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  schedule: { name: "one-cycle", learningRate: 0.4, warmUp: 0.3 },
  labelSmoothing: 0.1,
  augmentation: { cropPadding: 4, flip: true },
  gradientBits: 22,
  numerics: "plain",
  convolution: "direct",
  dataset: { name: "cifar-10", trainRecords: 50_000, testRecords: 10_000, classes: ["airplane", "ship"], digest: "0f".repeat(32) },
};

const hash = "0123456789abcdef";

export const metrics: RoundMetrics = {
  images: 256,
  lossSum: 589.5,
  correct: 25,
  saturated: 3,
  nonFinite: 0,
  skipped: false,
  learningRate: 0.1,
};

export const timing: RoundTiming = { images: 64, computeMs: 151.25, communicateMs: 20, waitMs: 0.5, bytesSent: 1_090_000 };

export const view: View = {
  view: 3,
  fromRound: 17,
  begins: false,
  members: [1, 2, 0xffff],
  observers: [{ peer: 4, donors: [2, 1], stateOfRound: 17 }],
  slotHolders: [1, 1, 2, 2, 0xffff],
  owners: [1, 2, 0xffff, 1],
};

const report = { round: 16, hash, metrics };

const chunk = { type: "state", round: 17, index: 1, chunks: 3, bytes: Uint8Array.of(1, 2, 3, 255) } as const;

/** One of each kind. */
export const peerMessages: { readonly [T in PeerMessage["type"]]: Extract<PeerMessage, { type: T }> } = {
  hello: {
    type: "hello",
    protocol: 1,
    token: "secret",
    name: "Käuzchen 🦉",
    kind: "tab",
    device: "Firefox",
    workers: 4,
    fused: false,
    identity: "0f".repeat(16),
    resume: { run: 5, round: 17, reports: [report] },
  },
  ready: { type: "ready", selfTest: hash, imagesPerSecond: 211.7 },
  signal: {
    type: "signal",
    to: 7,
    signal: { type: "offer", sdp: "v=0\r\n", candidate: { candidate: "candidate:1", sdpMLineIndex: 0, sdpMid: null } },
  },
  link: { type: "link", peer: 7, state: "relayed" },
  computed: { type: "computed", round: 17 },
  complain: { type: "complain", about: 7, why: "slice 99 is not one of 64" },
  state: chunk,
  stateLost: { type: "stateLost", round: 17, why: "peer 2 is gone" },
  done: { type: "done", view: 3, round: 17, hash, metrics, timing },
  heartbeat: {
    type: "heartbeat",
    hidden: true,
    round: 17,
    waitingFor: "slots 2, 5",
    chunks: 12,
    awaits: { contributions: [7], sums: [], slices: [], arrived: 40 },
  },
  account: {
    type: "account",
    inquiry: 3,
    account: {
      additive: 1,
      sent: [{ slots: [2, 5], sums: [5, 0, 7, 2_147_483_646] }],
      received: [{ sender: 7, slots: [0], blocks: [0], sums: [1, 2] }],
      aggregated: [{ slots: [0, 4], blocks: [0], sums: [3, 2] }],
      totals: [6, 2, 7, 1],
    },
  },
  recomputed: { type: "recomputed", inquiry: 3, sums: [5, 0, 7, 8] },
  suspect: { type: "suspect", round: 17, about: 7, why: "its slots have 28 times the norm of any other" },
  shown: { ...chunk, type: "shown", inquiry: 3 },
  leave: { type: "leave", reason: "left" },
};

export const coordinatorMessages: { readonly [T in CoordinatorMessage["type"]]: Extract<CoordinatorMessage, { type: T }> } = {
  welcome: { type: "welcome", peer: 1, run: 0xffffffff, runName: "2025-01-01 resnet20", config },
  refused: { type: "refused", reason: "full", sentence: "the run has 1024 of at most 1024 peers" },
  connect: {
    type: "connect",
    peer: 2,
    initiator: true,
    iceServers: [{ urls: "stun:example.org" }, { urls: "turn:t", username: "u", credential: "c" }],
  },
  gone: { type: "gone", peer: 2 },
  signal: { type: "signal", from: 9, signal: { candidate: { sdpMid: "0" } } },
  views: { type: "views", views: [view, { ...view, view: 4, observers: [] }], reason: "Kite (peer 2) was lost" },
  save: { type: "save", round: 20 },
  state: chunk,
  stateHash: { type: "stateHash", round: 17, hash },
  permit: { type: "permit", through: 5 },
  audit: { type: "audit", inquiry: 3, round: 20, slots: [2, 5] },
  inquire: { type: "inquire", inquiry: 3, round: 20, key: [0xffffffff, 7] },
  show: { type: "show", inquiry: 3 },
  settled: { type: "settled", inquiry: 3 },
  rest: { type: "rest", seconds: 60, sentence: "Kite (peer 3) is 40 rounds behind" },
  swarm: { type: "swarm", peers: 3, imagesPerSecond: 640.5, loss: null, accuracy: 0.71, round: 17, rounds: 1970 },
  finished: { type: "finished", hash },
};
