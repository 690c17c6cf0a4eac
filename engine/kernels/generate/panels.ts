import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount } from "../../wasm/pointer.ts";
import { lanesOf } from "./lanes.ts";
import { TILE_COLUMNS } from "./registerTile.ts";

/**
 * A matrix of weights cut into panels as wide as a register tile, so that the inner loop reads one row after the other:
 *
 *     depth × outputs            panel 0          panel 1      …  ragged panel, filled up with zeros
 *     ┌───────────────────┐      ┌────────┐       ┌────────┐      ┌────┐
 *     │ k0: o0 o1 o2 …    │  →   │ o0…o7  │       │ o8…o15 │      │ …0 │
 *     │ k1: o0 o1 o2 …    │      │ o0…o7  │       │ o8…o15 │      │ …0 │
 *     └───────────────────┘      └────────┘       └────────┘      └────┘
 */
export interface PanelShape {
  readonly groups: number;
  /** Rows of a panel: taps × input channels of a group. */
  readonly depth: number;
  /** Columns of all panels of a group. */
  readonly outputs: number;
}

/** Up to this many elements of packed weights (2 MiB) every image is taken through all panels; beyond, every panel through all images. */
const PANELS_IN_CACHE = 1 << 19;

export function panelElements(depth: number, lanes: readonly LaneCount[]): number {
  return depth * 4 * lanes.length;
}

/** Scratch memory that the panels take: all of them, or only the one in use. */
export function panelScratch(shape: PanelShape): number {
  return allPanelsFit(shape) ? allPanelElements(shape) : panelElements(shape.depth, lanesOf(Math.min(TILE_COLUMNS, shape.outputs)));
}

export function allPanelsFit(shape: PanelShape): boolean {
  return allPanelElements(shape) <= PANELS_IN_CACHE;
}

/** A pointer that moves on by so many elements with every panel, and by so many with every group of channels. */
export interface PanelStride {
  readonly pointer: PointerLocal;
  readonly panel: number;
  readonly group: number;
}

/**
 * Visits the panels of all groups: one loop over the full panels, one ragged panel behind it. `panel` is the panel's place if all are
 * kept; the other pointers move as their strides say. All are where they were when it ends.
 */
export function forEachPanel(
  f: FunctionBuilder,
  shape: PanelShape,
  strides: readonly PanelStride[],
  body: (lanes: readonly LaneCount[]) => void,
): void {
  const rest = shape.outputs % TILE_COLUMNS;
  const full = (shape.outputs - rest) / TILE_COLUMNS;
  f.loop(shape.groups, () => {
    f.loop(full, () => {
      body(lanesOf(TILE_COLUMNS));
      for (const { pointer, panel } of strides) pointer.advance(panel);
    });
    if (rest > 0) body(lanesOf(rest));
    for (const { pointer, panel, group } of strides) pointer.advance(group - full * panel);
  });
  for (const { pointer, group } of strides) pointer.advance(-shape.groups * group);
}

function allPanelElements(shape: PanelShape): number {
  const rest = shape.outputs % TILE_COLUMNS;
  const ragged = rest === 0 ? 0 : panelElements(shape.depth, lanesOf(rest));
  return shape.groups * (((shape.outputs - rest) / TILE_COLUMNS) * panelElements(shape.depth, lanesOf(TILE_COLUMNS)) + ragged);
}
