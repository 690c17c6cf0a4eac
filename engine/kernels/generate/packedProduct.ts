import type { FunctionBuilder, FunctionHandle } from "../../wasm/functionBuilder.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount } from "../../wasm/pointer.ts";
import { lanesOf } from "./lanes.ts";
import { allPanelsFit, forEachPanel, type PanelShape, panelElements } from "./panels.ts";
import type { KernelModule } from "./recipe.ts";
import { TILE_COLUMNS } from "./registerTile.ts";

/** A product of images with packed weights. */
export interface PackedProduct {
  readonly panels: PanelShape;
  /** Channels of x in a group. */
  readonly groupChannels: number;
  /** How far the first weight of a panel moves from panel to panel, and from group to group. */
  readonly weightPanel: number;
  readonly weightGroup: number;
  pack(lanes: readonly LaneCount[]): FunctionHandle<readonly ["pointer", "pointer"]>;
}

/** Where a product works: `x` and `y` are at the first channel of the group and of the panel, within the current images. */
export interface ProductPlace {
  readonly x: PointerLocal;
  readonly y: PointerLocal;
  readonly panel: PointerLocal;
}

/**
 * Packs the weights and does `work` for every panel and every chunk of images.
 *
 *     weights fit the cache:  pack all panels;  for every chunk { for every panel { work } }
 *     else:                   for every panel { pack it;  for every chunk { work } }
 *
 * `chunks` runs its body for one chunk after the other, moving x and y, which begin at the first image. The order changes no result.
 */
export function packedProduct(
  f: FunctionBuilder,
  module: KernelModule,
  product: PackedProduct,
  buffers: { readonly x: PointerLocal; readonly w: PointerLocal; readonly y: PointerLocal },
  chunks: (place: ProductPlace, body: () => void) => void,
  work: (place: ProductPlace, lanes: readonly LaneCount[]) => void,
): void {
  const { x, w, y } = buffers;
  const { panels, groupChannels, weightPanel, weightGroup } = product;
  const place = { x: f.pointer(x), y: f.pointer(y), panel: f.pointer(module.scratch) };
  const weightStride = { pointer: w, panel: weightPanel, group: weightGroup };
  const mapStrides = (input: PointerLocal, output: PointerLocal) => [
    { pointer: input, panel: 0, group: groupChannels },
    { pointer: output, panel: TILE_COLUMNS, group: panels.outputs },
  ];
  if (allPanelsFit(panels)) {
    const fullPanel = panelElements(panels.depth, lanesOf(TILE_COLUMNS));
    const group = lanesOf(panels.outputs).length * 4 * panels.depth;
    const panelStride = { pointer: place.panel, panel: fullPanel, group };
    forEachPanel(f, panels, [weightStride, panelStride], (lanes) => f.call(product.pack(lanes), w, place.panel));
    chunks(place, () => forEachPanel(f, panels, [...mapStrides(place.x, place.y), panelStride], (lanes) => work(place, lanes)));
  } else {
    forEachPanel(f, panels, [...mapStrides(x, y), weightStride], (lanes) => {
      f.call(product.pack(lanes), w, place.panel);
      place.x.set(x);
      place.y.set(y);
      chunks(place, () => work(place, lanes));
    });
  }
}
