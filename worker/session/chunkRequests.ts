import { median } from "../../coordinator/protocol/median.ts";

/** A donor as the observer sees it. */
export interface DonorRecord {
  readonly peer: number;
  /** Chunks that it was asked for and has not sent, and since when (ms). */
  readonly asked: ReadonlyMap<number, number>;
  /** A running mean of the time from asking for a chunk to its arrival, in ms; undefined before the first. */
  readonly answerMs: number | undefined;
  /** It was too slow, and has not sent anything since. */
  readonly stalled: boolean;
}

/** So many chunks are asked of a donor at a time: as many as fit in a link's window, so that the link does not run dry. */
export const REQUEST_WINDOW = 4;

/** A donor that takes so many times longer than the others usually do is stalled; never before the first, always after the second. */
const TIMES_SLOWER = 4;
const LEAST_PATIENCE_MS = 1500;
export const MOST_PATIENCE_MS = 10_000;

/**
 * Who is asked for which of the chunks that nobody has been asked for: each next one goes to the donor with the fewest under way, up to
 * the window; so a faster one sends more. A stalled donor is asked only when all are stalled.
 */
export function assignChunks(chunks: readonly number[], donors: readonly DonorRecord[]): Map<number, number[]> {
  const good = donors.filter(({ stalled }) => !stalled);
  const asked = (good.length > 0 ? good : donors).map(({ peer, asked }) => ({ peer, underWay: asked.size, chunks: [] as number[] }));
  for (const chunk of chunks) {
    const [first] = asked;
    if (first === undefined) break;
    const next = asked.reduce((best, donor) => (donor.underWay < best.underWay ? donor : best), first);
    if (next.underWay >= REQUEST_WINDOW) break;
    next.underWay++;
    next.chunks.push(chunk);
  }
  return new Map(asked.filter(({ chunks }) => chunks.length > 0).map(({ peer, chunks }) => [peer, chunks]));
}

export interface Stall {
  readonly peer: number;
  readonly reason: string;
}

/** Donors whose chunks are to be asked of others, because they take much longer than those usually do. */
export function findStalled(donors: readonly DonorRecord[], now: number): Stall[] {
  return donors.flatMap((donor) => {
    if (donor.asked.size === 0) return [];
    const good = donors.filter(({ peer, stalled }) => peer !== donor.peer && !stalled);
    const others = good.flatMap(({ answerMs, asked }) => answerMs ?? (asked.size === 0 ? 0 : [])); // one that is idle could send at once
    const patience = patienceMs(others);
    const waited = now - Math.min(...donor.asked.values());
    if (waited <= patience) return [];
    const usual = others.length === 0 ? "no other donor to compare it with" : `others usually take ${Math.round(median(others))} ms`;
    const reason = `peer ${donor.peer} has not sent a chunk for ${Math.round(waited)} ms, at most ${Math.round(patience)} are right: ${usual}`;
    return [{ peer: donor.peer, reason }];
  });
}

function patienceMs(others: readonly number[]): number {
  if (others.length === 0) return MOST_PATIENCE_MS;
  return Math.min(MOST_PATIENCE_MS, Math.max(LEAST_PATIENCE_MS, TIMES_SLOWER * median(others)));
}
