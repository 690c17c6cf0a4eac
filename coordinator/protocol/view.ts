import * as v from "valibot";

/** A peer's number in its run; numbers are never used again. */
export type PeerId = number;

/** Frames carry the number in 16 bits. */
export const MAX_PEER_ID = 0xffff;

export const peerIdSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PEER_ID));

/** The coordinator, where a state comes from or goes to. */
export const COORDINATOR = 0;

const donorSchema = v.pipe(v.number(), v.integer(), v.minValue(COORDINATOR), v.maxValue(MAX_PEER_ID));

const round = v.pipe(v.number(), v.integer(), v.minValue(0));

const observerSchema = v.object({ peer: peerIdSchema, donors: v.pipe(v.array(donorSchema), v.maxLength(8)), stateOfRound: round });

export const viewSchema = v.object({
  view: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** The first round it holds for. Of the views that hold for a round, the newest counts. */
  fromRound: round,
  /** The run begins with it, for the first time or again: whatever was in progress is forgotten. */
  begins: v.boolean(),
  /** It repairs rounds that were permitted already, up to this one: in them others may have had what its holders have now. */
  repairedThrough: v.exactOptional(round),
  members: v.pipe(v.array(peerIdSchema), v.maxLength(4096)),
  /**
   * Who needs a state, and who sends it: the one that round `stateOfRound` begins with. Who is not a member follows without
   * contributing. Donor 0 is the coordinator, with its checkpoint; without a donor it has the state already.
   */
  observers: v.pipe(v.array(observerSchema), v.maxLength(4096)),
  /** slot → peer, for the slots of a training step; evaluations share their slots in the same proportion. */
  slotHolders: v.pipe(v.array(peerIdSchema), v.maxLength(4096)),
  /** Owner of slice j is owners[j mod owners.length]. */
  owners: v.pipe(v.array(peerIdSchema), v.maxLength(4096)),
  /** On two levels: who sits where, by seat; 0 where nobody does. Without it all send to the owners directly. */
  seats: v.exactOptional(v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_PEER_ID))), v.maxLength(4096))),
});

/** Permits reach at most so many rounds beyond the slowest member. */
export const MAX_LEASE_ROUNDS = 64;

/** Views that can matter at once: one for each round from the one before the newest committed one to the first that is not permitted. */
export const MAX_VIEWS = MAX_LEASE_ROUNDS + 3;

/** A numbered list of members with its tables. The coordinator alone makes views. */
export type View = v.InferOutput<typeof viewSchema>;

/** Who computes slot `slot` of a round with `slots` slots. */
export function slotHolder(view: View, slot: number, slots: number): PeerId {
  return view.slotHolders[Math.floor((slot * view.slotHolders.length) / slots)] as PeerId;
}

/** The slots that `peer` computes in a round with `slots` slots. */
export function slotsOf(view: View, peer: PeerId, slots: number): number[] {
  return Array.from({ length: slots }, (_, slot) => slot).filter((slot) => slotHolder(view, slot, slots) === peer);
}

/** Whether the parts of a round under this view were others' before. */
export const isRepaired = ({ repairedThrough = -1 }: Pick<View, "repairedThrough">, round: number): boolean => round <= repairedThrough;

/** The view that holds for `round`: the newest of those that begin at or before it. */
export function viewFor(views: readonly View[], round: number): View | undefined {
  return views.findLast((view) => view.fromRound <= round);
}
