import type { FunctionBuilder, Stride } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { LaneCount } from "../../wasm/pointer.ts";

/** Lanes used of each vector that together cover `count` floats: 4, 4, … and a ragged rest. */
export function lanesOf(count: number): readonly LaneCount[] {
  return Array.from({ length: Math.ceil(count / 4) }, (_, v) => Math.min(4, count - 4 * v) as LaneCount);
}

/**
 * The loop of all element by element kernels: whole vectors, then single elements. Every pointer moves along.
 * The body loads with `pointer.lanes(lanes)` and stores with `pointer.store(value, 0, lanes)`.
 */
export function forEachElement(f: FunctionBuilder, count: I32, pointers: readonly Stride[0][], body: (lanes: LaneCount) => void): void {
  const stride = (elements: number) => pointers.map((pointer) => [pointer, elements] as const);
  f.walk(count.shiftRightUnsigned(2), stride(4), () => body(4));
  f.walk(count.and(3), stride(1), () => body(1));
}

/** All channels, a vector of them at a time; the last one may be ragged. The pointers are behind the last channel at the end. */
export function forEachVector(
  f: FunctionBuilder,
  channels: number,
  pointers: readonly Stride[0][],
  body: (lanes: LaneCount) => void,
): void {
  forEachChannelGroup(f, channels, pointers, ([lanes]) => body(lanes), 1);
}

/** How many vectors of channels a kernel holds in registers at once. */
const GROUP_VECTORS = 4;

/**
 * All channels in groups of at most `vectors` vectors: one loop over the full groups and one ragged group behind it.
 * The pointers move from group to group, and are behind the last channel at the end.
 */
export function forEachChannelGroup(
  f: FunctionBuilder,
  channels: number,
  pointers: readonly Stride[0][],
  body: (lanes: readonly LaneCount[]) => void,
  vectors = GROUP_VECTORS,
): void {
  const width = 4 * vectors;
  const rest = channels % width;
  f.walk(
    (channels - rest) / width,
    pointers.map((pointer) => [pointer, width] as const),
    () => body(lanesOf(width)),
  );
  f.walk(
    rest > 0 ? 1 : 0,
    pointers.map((pointer) => [pointer, rest] as const),
    () => body(lanesOf(rest)),
  );
}
