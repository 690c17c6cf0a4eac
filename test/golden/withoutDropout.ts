import type { Layer, ModelDefinition } from "../../engine/index.ts";

/** The same model with every dropout layer at rate 0: the names of the others stay. */
export function withoutDropout(definition: ModelDefinition): ModelDefinition {
  return { ...definition, layers: replace(definition.layers) };
}

function replace(layer: Layer): Layer {
  switch (layer.type) {
    case "dropout":
      return { ...layer, rate: 0 };
    case "named":
      return { ...layer, layer: replace(layer.layer) };
    case "sequential":
      return { ...layer, layers: layer.layers.map(replace) };
    case "residual":
      return { ...layer, body: replace(layer.body), shortcut: replace(layer.shortcut) };
    case "concat":
      return { ...layer, branches: layer.branches.map(replace) };
    default:
      return layer;
  }
}
