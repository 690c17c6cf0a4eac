import { roundUpToLine } from "../memory/engineMemory.ts";
import type { Buffer } from "./buffer.ts";
import type { Call } from "./call.ts";

/** A buffer lives from the call `first` to the call `last`, both included. */
interface Lifetime {
  readonly buffer: Buffer;
  readonly first: number;
  readonly last: number;
}

interface Placement extends Lifetime {
  readonly offset: number;
}

export interface MemoryPlan {
  readonly elements: number;
  readonly placements: readonly Placement[];
}

/**
 * Gives every buffer that has no address a place in one arena, such that buffers that live at the same time do not overlap.
 * Greedy by size (Pisarchyk and Lee 2020, section 5.2): the largest first, each at the lowest offset that is free for its whole life.
 */
export function planMemory(calls: readonly Call[], kept: readonly Buffer[]): MemoryPlan {
  const placements: Placement[] = [];
  let elements = 0;
  for (const lifetime of lifetimesOf(calls, kept).sort((a, b) => b.buffer.elements - a.buffer.elements || a.first - b.first)) {
    const neighbours = placements.filter((other) => other.first <= lifetime.last && lifetime.first <= other.last);
    const offset = lowestFreeOffset(neighbours, roundUpToLine(lifetime.buffer.elements));
    placements.push({ ...lifetime, offset });
    elements = Math.max(elements, offset + roundUpToLine(lifetime.buffer.elements));
  }
  return { elements, placements };
}

function lifetimesOf(calls: readonly Call[], kept: readonly Buffer[]): Lifetime[] {
  const lifetimes = new Map<Buffer, { first: number; last: number }>();
  calls.forEach((call, position) => {
    for (const { buffer, access } of call.operands) {
      if (buffer.placed) continue;
      const lifetime = lifetimes.get(buffer);
      if (lifetime !== undefined) lifetime.last = position;
      else if (access === "write") lifetimes.set(buffer, { first: position, last: position });
      else throw new Error(`call ${position} is to ${access} a buffer of ${buffer.elements} elements that no call has written`);
    }
  });
  for (const buffer of kept) {
    const lifetime = lifetimes.get(buffer);
    if (lifetime !== undefined) lifetime.last = calls.length - 1;
  }
  return [...lifetimes].map(([buffer, { first, last }]) => ({ buffer, first, last }));
}

function lowestFreeOffset(neighbours: readonly Placement[], elements: number): number {
  let offset = 0;
  for (const neighbour of neighbours.toSorted((a, b) => a.offset - b.offset)) {
    if (offset + elements <= neighbour.offset) break;
    offset = Math.max(offset, neighbour.offset + roundUpToLine(neighbour.buffer.elements));
  }
  return offset;
}
