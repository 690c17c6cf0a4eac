import type { PeerId } from "../protocol/view.ts";
import type { Membership, PeerState, Wait } from "./membership.ts";

type Lines = Wait["lines"];

/** What heartbeats said so long ago still tells; in rounds that are shorter than the time between two of them also what was said about others. */
const LATELY_MS = 4000;
const SHORT_ROUND_MS = 1500;

/**
 * On two levels: the lines at the ends of the chains that a peer waits at the head of, by what those say who are waited for. Where rounds are
 * too short for that, what they said lately about others counts: a line that is slow is so in every round. Undefined when
 * nobody on the way has said anything that helps: then it is not known what the wait comes down to.
 */
export function rowRoots(state: Membership, id: PeerId, wait: Wait): Lines | undefined {
  if (wait.lines.length === 0) return [];
  const short = (state.durations.at(-1) ?? LATELY_MS) < SHORT_ROUND_MS;
  const roots: (readonly [PeerId, PeerId])[] = [];
  const [heads, seen] = [[wait], new Set([id])];
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    for (const [waiting, end] of head.lines) {
      const other = state.peers.get(end);
      if (other === undefined) continue;
      const next = reasonOf(head, head.round === state.peers.get(waiting)?.round, other, short, wait.at);
      if (next === "line") roots.push([waiting, end]);
      if (next === "line" || next === "unknown" || seen.has(end)) continue;
      seen.add(end);
      if (next.kind === "contributions" && next.round !== other.round)
        roots.push(...(next.roots ?? [])); // who was held up then is not now
      else heads.push(next);
    }
  }
  return roots.length === 0 ? undefined : roots;
}

/** Why somebody is waited for: because of a wait of its own; because of the line, when it lacks nothing; or that is not known. */
function reasonOf(wait: Wait, inProgress: boolean, other: PeerState, short: boolean, now: number): Wait | "line" | "unknown" {
  if (inProgress && (other.round ?? 0) > wait.round) return "line"; // it has all of this round
  if (wait.kind === "contributions" && !isHeldUp(other, wait.round)) return "line";
  const said = other.waits.filter(({ at, lines }) => lines.length > 0 && now - at < LATELY_MS);
  const last = said.findLast(({ round }) => round === other.round) ?? (short ? said.at(-1) : undefined);
  if (last === undefined) return "unknown";
  return wait.kind === "sums" && last.kind !== "contributions" ? "line" : last;
}

/** It has computed the round before, and cannot begin this one: reduced slices have not come to it. */
export const isHeldUp = ({ round: within = 0, computed }: Pick<PeerState, "round" | "computed">, round: number): boolean =>
  within < round && computed >= within;
