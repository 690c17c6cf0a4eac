import type { RoundMetrics } from "../protocol/messages.ts";
import type { Inquiry } from "./audit.ts";
import { changed, changedAudits } from "./changed.ts";
import { type Decision, type Membership, type MembershipEvent, type MembershipOptions, nameOf, peersAt, unchanged } from "./membership.ts";

/** After a skipped step everyone is audited in so many rounds, and after saturated gradients in so many. */
const SKIPPED_ALERT_ROUNDS = 16;
const SATURATED_ALERT_ROUNDS = 2;

/** After an owner has found a contribution's norm far outside all others', everyone is audited in so many. */
const NORM_ALERT_ROUNDS = 2;

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
  const next = changed(state, { audits: changedAudits(state.audits, { alert }) });
  if (round <= through || !skipped) return unchanged(next);
  const text = `a contribution to round ${round} was not finite: every contribution to rounds ${state.permitted + 1} to ${until} is computed again by another member`;
  return { state: next, effects: [], reasons: [{ kind: "warning", text }] };
}

/**
 * An owner has received a contribution whose norm is far outside what all others sent. It stays in the sum, for the bits must not depend on
 * who sent what; but everyone's next contributions are computed again. An owner's word about one peer counts once in a while.
 */
export function suspect(
  state: Membership,
  { peer, round, about, why }: Extract<MembershipEvent, { type: "suspect" }>,
  options: MembershipOptions,
): Decision {
  const [owner, suspected] = [state.peers.get(peer), state.peers.get(about)];
  const name = `${peer}>${about}`;
  const quiet = round < (state.audits.suspicions.get(name) ?? 0) || options.auditShare === 0 || state.phase !== "running";
  if (quiet || owner?.stage !== "member" || suspected?.stage !== "member" || round > state.committed) return unchanged(state);
  const suspicions = new Map([...state.audits.suspicions].filter(([, until]) => until > state.committed));
  suspicions.set(name, round + QUIET_ROUNDS);
  const until = state.permitted + NORM_ALERT_ROUNDS;
  const alert = { ...state.audits.alert, through: Math.max(state.audits.alert.through, until) };
  const text = `${nameOf(owner)} says of ${nameOf(suspected)} in round ${round}: ${why}; every contribution to rounds ${state.permitted + 1} to ${until} is computed again by another member`;
  return {
    state: changed(state, { audits: changedAudits(state.audits, { alert, suspicions }) }),
    effects: [],
    reasons: [{ kind: "warning", text }],
  };
}

/** Everyone's contribution to a skipped step was computed again: if all are right, the run itself overflows. */
export function afterAlert(state: Membership, inquiry: Inquiry, found: number): Decision {
  const conclusive = inquiry.alert && inquiry.skipped && inquiry.checks.every(({ recomputed }) => recomputed !== undefined);
  if (!conclusive || found > 0 || inquiry.round < state.audits.alert.quietUntil) return unchanged(state);
  const alert = { through: -1, quietUntil: inquiry.round + QUIET_ROUNDS };
  const text = `all ${inquiry.checks.length} contributions to round ${inquiry.round} were computed again and are right: nobody is to blame, the run itself overflows; a lower learning rate may help`;
  return { state: changed(state, { audits: changedAudits(state.audits, { alert }) }), effects: [], reasons: [{ kind: "alarm", text }] };
}
