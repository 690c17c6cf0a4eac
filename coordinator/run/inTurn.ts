import { type Decision, type Effect, joined, type Membership, type MembershipOptions, type Reason } from "./membership.ts";

export type TimedDecision = (state: Membership, now: number, options: MembershipOptions) => Decision;

/** One decision after another, as one. */
export function inTurn(state: Membership, decisions: readonly TimedDecision[], now: number, options: MembershipOptions): Decision {
  let next = state;
  let effects: readonly Effect[] = [];
  let reasons: readonly Reason[] = [];
  for (const decide of decisions) {
    const decision = decide(next, now, options);
    next = decision.state;
    effects = joined(effects, decision.effects);
    reasons = joined(reasons, decision.reasons);
  }
  return { state: next, effects, reasons };
}
