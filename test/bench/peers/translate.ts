import type { Layer, ModelDefinition } from "../../../engine/index.ts";
import type { Conv2dLayer, MaxPool2dLayer, MeanPool2dLayer, ZeroPadShortcutLayer } from "../../../engine/layers/layer.ts";
import { childPath, joinPath, layerText, shortcutPath } from "../../../engine/layers/path.ts";

/** What an engine of functions on arrays has to say about each kind of layer; a batch goes in and comes out. */
export interface LayerFunctions<T> {
  conv2d(x: T, weight: T, bias: T | undefined, layer: Conv2dLayer): T;
  linear(x: T, weight: T, bias: T | undefined): T;
  /** With the statistics of the batch. */
  batchNorm2d(x: T, weight: T, bias: T, epsilon: number): T;
  readonly activations: Readonly<Record<string, (x: T) => T>>;
  maxPool2d(x: T, layer: MaxPool2dLayer): T;
  meanPool2d(x: T, layer: MeanPool2dLayer): T;
  /** To [image][channel] */
  globalMeanPool2d(x: T): T;
  zeroPadShortcut(x: T, layer: ZeroPadShortcutLayer): T;
  flatten(x: T): T;
  scale(x: T, factor: number): T;
  add(x: T, y: T): T;
  concat(parts: readonly T[]): T;
  /** x for one use more, where an engine counts uses. */
  again(x: T): T;
}

/** The output of a model's layers for a batch, in another engine; `parameter` gives its array of that name. */
export function applyLayers<T>(functions: LayerFunctions<T>, definition: ModelDefinition, parameter: (name: string) => T, batch: T): T {
  return apply(definition.layers, batch, "");

  function apply(layer: Layer, x: T, path: string): T {
    const own = (name: string): T => parameter(joinPath(path, name));
    switch (layer.type) {
      case "named":
        return apply(layer.layer, x, joinPath(path, layer.name));
      case "sequential":
        return layer.layers.reduce((y, child, i) => apply(child, y, childPath(path, i, child)), x);
      case "residual": {
        const shortcut = apply(layer.shortcut, functions.again(x), shortcutPath(path, layer.shortcut));
        const sum = functions.add(apply(layer.body, x, path), shortcut);
        return layer.relu ? activation("relu", sum, layer, path) : sum;
      }
      case "concat":
        return functions.concat(
          layer.branches.map((branch, i, { length }) => apply(branch, i < length - 1 ? functions.again(x) : x, path)),
        );
      case "conv2d":
        if (layer.initial === "whitening") throw unknownLayer(layer, path); // frozen filters
        return functions.conv2d(x, own("weight"), layer.bias ? own("bias") : undefined, layer);
      case "linear":
        return functions.linear(x, own("weight"), layer.bias ? own("bias") : undefined);
      case "batchNorm2d":
        if (layer.scale === false) throw unknownLayer(layer, path); // a frozen weight
        return functions.batchNorm2d(x, own("weight"), own("bias"), layer.epsilon);
      case "activation":
        return activation(layer.kind, x, layer, path);
      case "maxPool2d":
        return functions.maxPool2d(x, layer);
      case "meanPool2d":
        return functions.meanPool2d(x, layer);
      case "globalMeanPool2d":
        return functions.globalMeanPool2d(x);
      case "zeroPadShortcut":
        return functions.zeroPadShortcut(x, layer);
      case "flatten":
        return functions.flatten(x);
      case "scale":
        return functions.scale(x, layer.factor);
      case "identity":
        return x;
      default:
        throw unknownLayer(layer, path);
    }
  }

  function activation(kind: string, x: T, layer: Layer, path: string): T {
    const run = functions.activations[kind];
    if (run === undefined) throw unknownLayer(layer, path);
    return run(x);
  }
}

function unknownLayer(layer: Layer, path: string): Error {
  return new Error(`this bench does not translate ${layerText(layer, path)}`);
}
