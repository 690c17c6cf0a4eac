import * as v from "valibot";
import { auditAnswers, auditRequests } from "./audit.ts";
import { runConfigSchema } from "./runConfig.ts";
import { MAX_VIEWS, peerIdSchema, viewSchema } from "./view.ts";

const round = v.pipe(v.number(), v.integer(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const text = (most: number) => v.pipe(v.string(), v.maxLength(most));

/** The 64-bit hash of a replica's state, as 16 hexadecimal digits. */
export const hashSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));

export const roundMetricsSchema = v.object({
  images: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Sum of the loss over the images, in nats; slots whose loss is not finite are left out. */
  lossSum: v.pipe(v.number(), v.finite()),
  correct: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Gradient elements that were clamped to the agreed range, and those that were NaN or infinite, with losses of slots that were. */
  saturated: v.pipe(v.number(), v.integer(), v.minValue(0)),
  nonFinite: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** A step with a non-finite gradient changes nothing, at any peer. */
  skipped: v.boolean(),
  learningRate: v.pipe(v.number(), v.finite()),
});

/** Where a peer's time of one round went. */
const roundTimingSchema = v.object({
  images: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** From when it had its slots until they were computed: waiting for their images, too. */
  computeMs: milliseconds,
  communicateMs: milliseconds,
  waitMs: milliseconds,
  bytesSent: v.pipe(v.number(), v.finite(), v.minValue(0)),
});

/** A round as a peer has done it. */
const reportSchema = v.object({ round, hash: hashSchema, metrics: roundMetricsSchema });

/** "I was in this run before: I hold the state that `round` begins with, and these are the last rounds that I did." */
const resumeSchema = v.object({ run: v.number(), round, reports: v.pipe(v.array(reportSchema), v.maxLength(512)) });

/** 64,000 bytes of state, like the largest frame's. */
export const STATE_CHUNK_BYTES = 64_000;

const stateChunkSchema = v.object({
  type: v.literal("state"),
  round,
  index: v.pipe(v.number(), v.integer(), v.minValue(0)),
  chunks: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1 << 20)),
  bytes: v.pipe(
    v.instance(Uint8Array),
    v.check(({ length }) => length <= STATE_CHUNK_BYTES, `a chunk has at most ${STATE_CHUNK_BYTES} bytes`),
  ),
});

/** Part of the state that audited slots were computed from, for the coordinator's arbiter. */
const shownChunkSchema = v.object({
  ...stateChunkSchema.entries,
  type: v.literal("shown"),
  inquiry: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** So many of the peers that one waits for are named. */
export const MAX_AWAITED = 64;

/** Whom a peer waits for that has computed its own slots. */
const awaitedPeers = v.pipe(v.array(peerIdSchema), v.maxLength(MAX_AWAITED));
const awaitsSchema = v.object({
  contributions: awaitedPeers,
  sums: awaitedPeers,
  slices: awaitedPeers,
  arrived: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** What simple-peer says to its other end: an SDP or a candidate; a flat object, with one more level for the candidate. */
const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()]);
const signal = v.record(text(40), v.union([scalar, v.record(text(40), scalar)]));

const iceServers = v.array(v.object({ urls: text(500), username: v.optional(text(500)), credential: v.optional(text(500)) }));

export type StateChunk = v.InferOutput<typeof stateChunkSchema>;
export type ShownChunk = v.InferOutput<typeof shownChunkSchema>;
export type Signal = v.InferOutput<typeof signal>;
export type IceServer = v.InferOutput<typeof iceServers>[number];

/** What a peer says to the coordinator. */
export const peerMessageSchema = v.variant("type", [
  /** "I would like to take part." Always the first message. */
  v.object({
    type: v.literal("hello"),
    protocol: v.number(),
    token: text(128),
    name: text(40),
    kind: v.picklist(["tab", "node"]),
    device: text(200),
    workers: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256)),
    fused: v.boolean(),
    /** Drawn once by a page and kept as long as it lives: what is known of this peer is known by it. */
    identity: v.pipe(v.string(), v.hexadecimal(), v.length(32)),
    resume: v.optional(resumeSchema),
  }),
  /** "My engine stands: this is the hash of the self-test step, and this fast I was." */
  v.object({ type: v.literal("ready"), selfTest: hashSchema, imagesPerSecond: v.pipe(v.number(), v.finite(), v.minValue(0)) }),
  /** "Give this to that peer, so that we find each other." */
  v.object({ type: v.literal("signal"), to: peerIdSchema, signal }),
  /** "My link to that peer is now so." */
  v.object({ type: v.literal("link"), peer: peerIdSchema, state: v.picklist(["direct", "relayed", "lost"]) }),
  /** "My share of this round is computed and sent." */
  v.object({ type: v.literal("computed"), round }),
  /** "I have applied this round, under this view, and these are my bits." */
  v.object({ type: v.literal("done"), view: v.number(), round, hash: hashSchema, metrics: roundMetricsSchema, timing: roundTimingSchema }),
  /**
   * "I am alive", every second; hidden: the tab is in the background; round: the one in progress; chunks: those of a state that are here;
   * awaits: whose contributions to this peer's slices have not arrived, or else whose sums of their rows, or else whose reduced slices
   * have not; and how many pieces of the round have, so that one that is slow differs from one that sends nothing.
   */
  v.object({
    type: v.literal("heartbeat"),
    hidden: v.boolean(),
    round,
    waitingFor: text(200),
    chunks: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    awaits: v.optional(awaitsSchema),
  }),
  /** "Part of the state that this round begins with", for a checkpoint. */
  stateChunkSchema,
  /** "The state that this round begins with cannot be had: nobody gives it to me any more." */
  v.object({ type: v.literal("stateLost"), round, why: text(300) }),
  /** "What that peer sends me cannot be part of this run; I listen to it no longer." */
  v.object({ type: v.literal("complain"), about: peerIdSchema, why: text(300) }),
  ...auditAnswers,
  shownChunkSchema,
  /** "I go, on purpose." */
  v.object({ type: v.literal("leave"), reason: text(200) }),
]);

const refusalReasons = ["protocol", "token", "full", "numerics", "self-test", "finished", "malformed", "duplicate", "cool-down"] as const;

/** What the coordinator says to a peer. */
export const coordinatorMessageSchema = v.variant("type", [
  /** "You are this peer of this run." */
  v.object({
    type: v.literal("welcome"),
    peer: peerIdSchema,
    run: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
    runName: text(100),
    config: runConfigSchema,
  }),
  /** "No, and this is why." The connection ends. */
  v.object({ type: v.literal("refused"), reason: v.picklist(refusalReasons), sentence: text(500) }),
  /** "Link up with that peer; the initiator makes the offer." */
  v.object({ type: v.literal("connect"), peer: peerIdSchema, initiator: v.boolean(), iceServers }),
  /** "That peer is gone." */
  v.object({ type: v.literal("gone"), peer: peerIdSchema }),
  v.object({ type: v.literal("signal"), from: peerIdSchema, signal }),
  /**
   * "From their rounds on, it is so." A repair renews the view of the round in progress together with those to come: they are
   * adopted at once, or a round could begin under the wrong one of them. With `more` they do not fit in one message: the rest follows.
   */
  v.object({
    type: v.literal("views"),
    views: v.pipe(v.array(viewSchema), v.maxLength(MAX_VIEWS)),
    reason: text(1000),
    more: v.exactOptional(v.literal(true)),
  }),
  /** "Send me the state that this round begins with, for a checkpoint." */
  v.object({ type: v.literal("save"), round }),
  /** "Part of the state that this round begins with", from a checkpoint. */
  stateChunkSchema,
  /** "The state that this round begins with has this hash", to those who wait for it. */
  v.object({ type: v.literal("stateHash"), round, hash: hashSchema }),
  /** "You may work on all rounds up to this one under the views that you have." */
  v.object({ type: v.literal("permit"), through: v.pipe(v.number(), v.integer()) }),
  ...auditRequests,
  /** "Your line is too slow to follow the run as it is now; you are asked again in so many seconds." */
  v.object({ type: v.literal("rest"), seconds: v.pipe(v.number(), v.finite(), v.minValue(0)), sentence: text(500) }),
  /** "The swarm stands here": for the join page. */
  v.object({
    type: v.literal("swarm"),
    peers: v.number(),
    imagesPerSecond: v.number(),
    loss: v.nullable(v.number()),
    accuracy: v.nullable(v.number()),
    round: v.number(),
    rounds: v.number(),
  }),
  /** "The run is complete; this is its hash." */
  v.object({ type: v.literal("finished"), hash: hashSchema }),
]);

export type PeerMessage = v.InferOutput<typeof peerMessageSchema>;
export type CoordinatorMessage = v.InferOutput<typeof coordinatorMessageSchema>;
export type RoundMetrics = v.InferOutput<typeof roundMetricsSchema>;
export type RoundTiming = v.InferOutput<typeof roundTimingSchema>;
export type Awaits = v.InferOutput<typeof awaitsSchema>;
export type RefusalReason = (typeof refusalReasons)[number];
export type Hello = Extract<PeerMessage, { type: "hello" }>;
