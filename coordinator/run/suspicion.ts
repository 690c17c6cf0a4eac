import type { RoundMetrics } from "../protocol/messages.ts";
import type { Inquiry } from "./audit.ts";
import { type Decision, type Membership, type MembershipOptions, peersAt, unchanged } from "./membership.ts";

/** After a skipped step everyone is audited in so many rounds, and after saturated gradients in so many. */
const SKIPPED_ALERT_ROUNDS = 16;
const SATURATED_ALERT_ROUNDS = 2;

/** After nothing was found, the same is not suspicious again for so many rounds. */
const QUIET_ROUNDS = 100;

/**
 * A contribution that is not finite, or far beyond the agreed maximum, may be the run's own fault or one peer's. Nobody is blamed for it:
 * everyone's next contributions are computed again, each by another.
 */
export function alertAfter(state: Membership, round: number, { skipped, saturated }: RoundMetrics, options: MembershipOptions): Decision {
  const { through, quietUntil } = state.audits.alert;
  const rounds = skipped ? SKIPPED_ALERT_ROUNDS : saturated > 0 ? SATURATED_ALERT_ROUNDS : 0;
  if (rounds === 0 || round < quietUntil || options.auditShare === 0 || peersAt(state, "member").length < 2) return unchanged(state);
  const until = state.permitted + rounds;
  // Saturation alone is common when a run begins: it is looked at once in a while.
  const alert = { through: Math.max(through, until), quietUntil: skipped ? quietUntil : round + QUIET_ROUNDS };
  const next = { ...state, audits: { ...state.audits, alert } };
  if (round <= through || !skipped) return unchanged(next);
  const text = `a contribution to round ${round} was not finite: every contribution to rounds ${state.permitted + 1} to ${until} is computed again by another member`;
  return { state: next, effects: [], reasons: [{ kind: "warning", text }] };
}

/** Everyone's contribution to a skipped step was computed again: if all are right, the run itself overflows. */
export function afterAlert(state: Membership, inquiry: Inquiry, found: number): Decision {
  const conclusive = inquiry.alert && inquiry.skipped && inquiry.checks.every(({ recomputed }) => recomputed !== undefined);
  if (!conclusive || found > 0 || inquiry.round < state.audits.alert.quietUntil) return unchanged(state);
  const alert = { through: -1, quietUntil: inquiry.round + QUIET_ROUNDS };
  const text = `all ${inquiry.checks.length} contributions to round ${inquiry.round} were computed again and are right: nobody is to blame, the run itself overflows; a lower learning rate may help`;
  return { state: { ...state, audits: { ...state.audits, alert } }, effects: [], reasons: [{ kind: "alarm", text }] };
}
