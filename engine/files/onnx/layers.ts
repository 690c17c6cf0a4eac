import type { Layer } from "../../layers/layer.ts";
import { childPath, joinPath, layerText, shortcutPath } from "../../layers/path.ts";
import { addActivation } from "./activations.ts";
import { addPooling, addZeroPadShortcut, filterAttributes } from "./maps.ts";
import type { OnnxGraph, OnnxValue } from "./onnxGraph.ts";

/** Adds the nodes of a layer in its inference form: running statistics, no dropout. Returns its output. */
export function addLayer(graph: OnnxGraph, layer: Layer, x: OnnxValue, path: string): OnnxValue {
  switch (layer.type) {
    case "named":
      return addLayer(graph, layer.layer, x, joinPath(path, layer.name));
    case "sequential":
      return layer.layers.reduce((y, child, i) => addLayer(graph, child, y, childPath(path, i, child)), x);
    case "residual": {
      const shortcut = addLayer(graph, layer.shortcut, x, shortcutPath(path, layer.shortcut));
      const body = addLayer(graph, layer.body, x, path);
      const sum = graph.node("Add", [body.name, shortcut.name]);
      return { ...body, name: layer.relu ? graph.node("Relu", [sum]) : sum };
    }
    case "concat": {
      const branches = layer.branches.map((branch) => addLayer(graph, branch, x, path));
      const names = branches.map(({ name }) => name);
      const channels = branches.reduce((sum, branch) => sum + branch.channels, 0);
      return { flat: branches.every(({ flat }) => flat), channels, name: graph.node("Concat", names, { axis: { int: 1 } }) };
    }
    default:
      return addSimple(graph, layer, x, path);
  }
}

type SimpleLayer = Exclude<Layer, { readonly type: "named" | "sequential" | "residual" | "concat" }>;

function addSimple(graph: OnnxGraph, layer: SimpleLayer, x: OnnxValue, path: string): OnnxValue {
  const parameter = (name: string): string => graph.parameter(joinPath(path, name));
  const weights = (bias: boolean): readonly string[] => [parameter("weight"), ...(bias ? [parameter("bias")] : [])];
  const mapped = (name: string, channels = x.channels): OnnxValue => ({ ...x, name, channels });
  switch (layer.type) {
    case "conv2d":
      return mapped(graph.node("Conv", [mapOf(layer, x, path), ...weights(layer.bias)], filterAttributes(layer)), layer.outChannels);
    case "convTranspose2d":
      return mapped(
        graph.node("ConvTranspose", [mapOf(layer, x, path), ...weights(layer.bias)], filterAttributes(layer)),
        layer.outChannels,
      );
    case "linear": {
      const vector = flattened(graph, x);
      return {
        flat: true,
        channels: layer.outFeatures,
        name: graph.node("Gemm", [vector.name, ...weights(layer.bias)], { transB: { int: 1 } }),
      };
    }
    case "batchNorm2d": {
      const parameters = ["weight", "bias", "running_mean", "running_var"].map(parameter);
      return mapped(graph.node("BatchNormalization", [mapOf(layer, x, path), ...parameters], { epsilon: { float: layer.epsilon } }));
    }
    case "activation":
      return mapped(addActivation(graph, layer, x.name));
    case "maxPool2d":
    case "meanPool2d":
      return mapped(addPooling(graph, layer, mapOf(layer, x, path)));
    case "globalMeanPool2d":
      return mapped(graph.node("GlobalAveragePool", [mapOf(layer, x, path)]));
    case "localResponseNorm": {
      const { size, alpha, beta, k } = layer;
      const attributes = { size: { int: size }, alpha: { float: alpha }, beta: { float: beta }, bias: { float: k } };
      return mapped(graph.node("LRN", [mapOf(layer, x, path)], attributes));
    }
    case "zeroPadShortcut":
      return mapped(addZeroPadShortcut(graph, layer, mapOf(layer, x, path), x.channels), layer.outChannels);
    case "scale":
      return mapped(graph.node("Mul", [x.name, graph.number(layer.factor)]));
    case "flatten":
      return flattened(graph, x);
    case "dropout":
    case "identity":
      return x;
    default:
      throw new Error(`${path}: expected a layer, got ${JSON.stringify(layer satisfies never)}`);
  }
}

/** Layers that count channels want a map: a flattened one has its elements in another order than here. */
function mapOf(layer: Layer, x: OnnxValue, path: string): string {
  if (!x.flat) return x.name;
  throw new Error(`exportOnnx: ${layerText(layer, path)}: expected a map, got a flattened one`);
}

function flattened(graph: OnnxGraph, x: OnnxValue): OnnxValue {
  return x.flat ? x : { ...x, flat: true, name: graph.node("Flatten", [x.name], { axis: { int: 1 } }) };
}
