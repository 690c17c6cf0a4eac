import type { Shape } from "../graph/shape.ts";
import type { Conv2dLayer, Layer } from "./layer.ts";

/** The convolution that stands first in a network and whitens its input, if there is one. */
function whiteningLayer(layer: Layer): Conv2dLayer | undefined {
  const first = firstLayer(layer);
  return first?.type === "conv2d" && first.initial === "whitening" ? first : undefined;
}

/** Throws for whitening filters that cannot be had: they come in pairs from the components of the input's patches. */
export function checkWhitening(layer: Layer, input: Shape): void {
  const all = whiteningLayersIn(layer);
  const first = whiteningLayer(layer);
  if (all === 0) return;
  if (first === undefined || all > 1) throw new Error(`conv2d: expected whitening filters in the first layer only, got ${all} such layers`);
  const { outChannels, kernel, groups, dilation } = first;
  const components = kernel[0] * kernel[1] * input.channels;
  if (groups === 1 && dilation === 1 && outChannels % 2 === 0 && outChannels <= 2 * components) return;
  throw new Error(
    `conv2d: expected an even number of whitening filters up to ${2 * components} (each component of the patches and its negative), ` +
      `one group and no dilation, got ${outChannels} filters, ${groups} groups and dilation ${dilation}`,
  );
}

function firstLayer(layer: Layer): Layer | undefined {
  if (layer.type === "named") return firstLayer(layer.layer);
  if (layer.type === "sequential") return layer.layers[0] === undefined ? undefined : firstLayer(layer.layers[0]);
  return layer;
}

function whiteningLayersIn(layer: Layer): number {
  const sum = (layers: readonly Layer[]): number => layers.reduce((count, each) => count + whiteningLayersIn(each), 0);
  switch (layer.type) {
    case "conv2d":
      return layer.initial === "whitening" ? 1 : 0;
    case "named":
      return whiteningLayersIn(layer.layer);
    case "sequential":
      return sum(layer.layers);
    case "residual":
      return sum([layer.body, layer.shortcut]);
    case "concat":
      return sum(layer.branches);
    default:
      return 0;
  }
}
