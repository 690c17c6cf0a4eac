import type { LaneCount } from "../../wasm/pointer.ts";
import type { KernelModule } from "./recipe.ts";

/**
 * Packs one panel of a forward product. Row r of the panel is a part of row r of the filter, which has `rowStride` columns:
 * weights w[r · rowStride …], r = 0 … depth − 1.
 */
export function packRows(module: KernelModule, depth: number, rowStride: number, lanes: readonly LaneCount[]) {
  return module.builder.shared(`packRows ${depth} ${rowStride} ${lanes}`, () =>
    module.builder.function(["pointer", "pointer"], (f, w, panel) => {
      f.walk(
        depth,
        [
          [w, rowStride],
          [panel, 4 * lanes.length],
        ],
        () => {
          lanes.forEach((count, v) => {
            panel.store(w.lanes(count, 4 * v), 4 * v);
          });
        },
      );
    }),
  );
}

/**
 * Packs one panel of an input gradient: the filter w[taps][channels][outChannels] transposed and its taps in reverse order.
 * Row (tap, oc) of the panel holds w[taps − 1 − tap][c …][oc], lanes running along the input channels c.
 */
export function packTransposed(
  module: KernelModule,
  filter: { readonly taps: number; readonly channels: number; readonly outChannels: number; readonly groupOutChannels: number },
  lanes: readonly LaneCount[],
) {
  const { taps, channels, outChannels, groupOutChannels } = filter;
  return module.builder.shared(`packTransposed ${JSON.stringify(filter)} ${lanes}`, () =>
    module.builder.function(["pointer", "pointer"], (f, w, panel) => {
      const tap = f.pointer(w.plus((taps - 1) * channels * outChannels));
      const weight = f.pointer();
      f.loop(taps, () => {
        weight.set(tap);
        const strides = [[weight, 1] as const, [panel, 4 * lanes.length] as const];
        f.walk(groupOutChannels, strides, () => {
          lanes.forEach((count, v) => {
            panel.store(weight.gather(outChannels, count, 4 * v * outChannels), 4 * v);
          });
        });
        tap.advance(-channels * outChannels);
      });
    }),
  );
}
