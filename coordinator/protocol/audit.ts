import * as v from "valibot";
import { MAX_RESIDUE } from "./checksum.ts";
import { peerIdSchema } from "./view.ts";

const whole = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));

/** Evaluations have the most: one for each micro-batch of the test images. */
const slotsSchema = v.pipe(v.array(whole(1 << 24)), v.maxLength(16_384));

/** Two residues for each block of the vector. */
const sumsSchema = v.pipe(v.array(whole(MAX_RESIDUE - 1)), v.maxLength(16_384));

const blocksSchema = v.pipe(v.array(whole(8191)), v.maxLength(8192));

const inquiry = whole(Number.MAX_SAFE_INTEGER);

/**
 * What a peer says about a round: checksums, block by block, of what it contributed, of the pieces that it summed as an owner or as its row's
 * aggregator, of the sums of its row that it sent on, and of the totals that it applied. A block is a slice; the slice in which the maxima
 * begin is two. All of it is empty when the round is forgotten.
 */
const accountSchema = v.object({
  /** So many blocks, from the first on, are sums; the rest are maxima. */
  additive: whole(8192),
  sent: v.pipe(v.array(v.object({ slots: slotsSchema, sums: sumsSchema })), v.maxLength(64)),
  received: v.pipe(
    v.array(v.object({ sender: peerIdSchema, slots: slotsSchema, blocks: blocksSchema, sums: sumsSchema })),
    v.maxLength(8192),
  ),
  /** On two levels: the sums over its row's slots. */
  aggregated: v.pipe(v.array(v.object({ slots: slotsSchema, blocks: blocksSchema, sums: sumsSchema })), v.maxLength(64)),
  totals: sumsSchema,
});

export type Account = v.InferOutput<typeof accountSchema>;

/** What the coordinator says in an inquiry into one round. */
export const auditRequests = [
  /** "Compute these slots of this round too, and tell nobody": whoever holds them is audited. */
  v.object({ type: v.literal("audit"), inquiry, round: whole(Number.MAX_SAFE_INTEGER), slots: slotsSchema }),
  /** "Give account of this round, under this key." Auditors answer with what they computed, too. */
  v.object({
    type: v.literal("inquire"),
    inquiry,
    round: whole(Number.MAX_SAFE_INTEGER),
    key: v.tuple([whole(0xffffffff), whole(0xffffffff)]),
  }),
  /** "Show me the state that you computed the audited slots from." */
  v.object({ type: v.literal("show"), inquiry }),
  /** "It is settled; forget what you kept for it." */
  v.object({ type: v.literal("settled"), inquiry }),
] as const;

/** What a peer answers; and what it says by itself. */
export const auditAnswers = [
  /** "What that peer contributed to my slices in this round is far larger, or smaller, than what all others did." */
  v.object({
    type: v.literal("suspect"),
    round: whole(Number.MAX_SAFE_INTEGER),
    about: peerIdSchema,
    why: v.pipe(v.string(), v.maxLength(200)),
  }),
  v.object({ type: v.literal("account"), inquiry, account: accountSchema }),
  /** "The slots that I was told to audit have these checksums." */
  v.object({ type: v.literal("recomputed"), inquiry, sums: sumsSchema }),
] as const;
