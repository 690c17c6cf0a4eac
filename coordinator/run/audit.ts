import type { Account } from "../protocol/audit.ts";
import type { PeerId, View } from "../protocol/view.ts";

/** Who takes part in a round, as long as an inquiry into it lasts: peers may leave meanwhile. */
export interface Witness {
  readonly id: PeerId;
  readonly name: string;
  readonly identity: string;
}

/** One member's contribution to a round, computed again by another member. */
export interface Check {
  readonly audited: PeerId;
  readonly auditor: PeerId;
  readonly slots: readonly number[];
  /** The auditor's checksums; undefined until it has said them. */
  readonly recomputed?: readonly number[] | undefined;
  /** The arbiter's, when somebody said otherwise than the auditor. */
  readonly truth?: readonly number[] | undefined;
}

/**
 * An inquiry into one round: ordered before anybody may begin it, asked about when it is committed, settled when all accounts agree, or
 * when the arbiter has said who is wrong.
 */
export interface Inquiry {
  readonly inquiry: number;
  readonly round: number;
  readonly checks: readonly Check[];
  /** The round began on two levels. */
  readonly inRows: boolean;
  /** What holds for the round; undefined before it is asked about, and when a repair has changed who was to send what to whom. */
  readonly view: View | undefined;
  /** Everyone is audited, because something was suspicious. */
  readonly alert: boolean;
  /** The step was skipped, because something was not finite. */
  readonly skipped: boolean;
  /** Slots of the contributions that the arbiter computes, in its order: not of those that other inquiries have it occupied with. */
  readonly disputed: readonly (readonly number[])[];
  readonly stage: "ordered" | "asked" | "arbitrating";
  /** When it got to its stage. */
  readonly since: number;
  /** Everyone who was asked. */
  readonly witnesses: readonly Witness[];
  /** Observers then: they are not asked, but may have contributed something. */
  readonly bystanders: readonly Witness[];
  readonly accounts: ReadonlyMap<PeerId, Account>;
}

/** All that is known of wrong results, and of what is being found out. */
export interface Audits {
  readonly nextInquiry: number;
  readonly inquiries: ReadonlyMap<number, Inquiry>;
  /** By identity: a peer that comes back is the same. */
  readonly strikes: ReadonlyMap<string, Strikes>;
  /** Everyone is audited in rounds up to `through`; after a clean result nothing is suspicious until round `quietUntil`. */
  readonly alert: { readonly through: number; readonly quietUntil: number };
  /** By whom suspects whom ("2>5"): the round until which its word about that one counts no further. */
  readonly suspicions: ReadonlyMap<string, number>;
}

/** How often a peer was proven wrong, and until when it is not let in. */
interface Strikes {
  readonly count: number;
  /** Its number when it got the latest: what it did under one number counts once. */
  readonly peer: PeerId;
  readonly removals: number;
  readonly refusedUntil: number;
}

export const noAudits: Audits = {
  nextInquiry: 1,
  inquiries: new Map(),
  strikes: new Map(),
  alert: { through: -1, quietUntil: 0 },
  suspicions: new Map(),
};

/** What an inquiry has found. */
export interface Findings {
  /** Proven, by their own words against each other or the arbiter's, or by more than half of the members. */
  readonly guilty: readonly { readonly witness: Witness; readonly why: string }[];
  /** One word against another: either of the two is wrong. */
  readonly disputes: readonly { readonly sender: Witness; readonly owner: Witness; readonly why: string }[];
}
