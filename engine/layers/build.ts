import type { Buffer } from "../graph/buffer.ts";
import type { Graph } from "../graph/graph.ts";
import type { Parameter, Tensor } from "../graph/tensor.ts";
import { activation } from "../ops/activation.ts";
import { add } from "../ops/add.ts";
import { type BatchNormBuffers, batchNorm2d, type Fused } from "../ops/batchNorm2d.ts";
import { concat, zeroPadShortcut } from "../ops/concat.ts";
import { conv2d, linear } from "../ops/conv2d.ts";
import { convTranspose2d } from "../ops/convTranspose2d.ts";
import { dropout } from "../ops/dropout.ts";
import { flatten } from "../ops/flatten.ts";
import { localResponseNorm } from "../ops/localResponseNorm.ts";
import { globalMeanPool2d, maxPool2d, meanPool2d } from "../ops/pool2d.ts";
import { scale } from "../ops/scale.ts";
import type { Layer, ResidualLayer, SequentialLayer } from "./layer.ts";
import { childPath, joinPath, shortcutPath } from "./path.ts";

/** What layers take from the model they stand in. */
export interface LayerBuffers {
  parameter(name: string): Parameter;
  batchNorm(name: string): BatchNormBuffers;
  /** Two int32 that are new in every step; one pair for each dropout layer. */
  dropoutKey(): Buffer;
}

/** What follows a layer and may be done in the same pass over memory: an addition, then a ReLU. */
const NOTHING: Fused = { relu: false };

/** Applies a layer to x: its kernel calls go to the graph. `describeLayers` has checked all shapes. */
export function buildLayer(g: Graph, layer: Layer, x: Tensor, path: string, buffers: LayerBuffers, then: Fused = NOTHING): Tensor {
  switch (layer.type) {
    case "batchNorm2d":
      return batchNorm2d(g, x, buffers.batchNorm(path), layer.epsilon, then);
    case "named":
      return buildLayer(g, layer.layer, x, joinPath(path, layer.name), buffers, then);
    case "conv2d":
    case "linear":
      return buildProduct(g, layer, x, path, buffers, then);
    case "sequential":
      return buildSequential(g, layer, x, path, buffers, then);
    case "residual":
      return follow(g, buildResidual(g, layer, x, path, buffers), then);
    default:
      return follow(g, buildSimple(g, layer, x, path, buffers), then);
  }
}

type SimpleLayer = Exclude<Layer, { readonly type: "batchNorm2d" | "conv2d" | "linear" | "named" | "sequential" | "residual" }>;

function buildSimple(g: Graph, layer: SimpleLayer, x: Tensor, path: string, buffers: LayerBuffers): Tensor {
  const parameter = (name: string): Parameter => buffers.parameter(joinPath(path, name));
  switch (layer.type) {
    case "convTranspose2d":
      return convTranspose2d(g, x, parameter("weight"), layer.bias ? parameter("bias") : undefined, withSides(layer));
    case "activation":
      return activation(g, x, layer.kind, layer.slope);
    case "maxPool2d":
      return maxPool2d(g, x, withSides(layer));
    case "meanPool2d":
      return meanPool2d(g, x, withSides(layer), layer.countPadding);
    case "globalMeanPool2d":
      return globalMeanPool2d(g, x);
    case "dropout":
      return g.mode === "evaluation" || layer.rate === 0 ? x : dropout(g, x, layer.rate, buffers.dropoutKey());
    case "localResponseNorm":
      return localResponseNorm(g, x, layer);
    case "scale":
      return scale(g, x, layer.factor);
    case "zeroPadShortcut":
      return zeroPadShortcut(g, x, layer.outChannels, layer.stride);
    case "flatten":
      return flatten(g, x);
    case "identity":
      return x;
    case "concat":
      return concat(
        g,
        layer.branches.map((branch) => buildLayer(g, branch, x, path, buffers)),
      );
    default:
      throw new Error(`"${path}": expected a layer, got ${JSON.stringify(layer satisfies never)}`);
  }
}

type ProductLayer = Extract<Layer, { readonly type: "conv2d" | "linear" }>;

/** With a bias, a ReLU that follows directly is done in the bias's pass over memory. */
function buildProduct(g: Graph, layer: ProductLayer, x: Tensor, path: string, buffers: LayerBuffers, then: Fused): Tensor {
  const weight = buffers.parameter(joinPath(path, "weight"));
  const relu = layer.bias && then.relu && then.residual === undefined;
  const bias = layer.bias ? { b: buffers.parameter(joinPath(path, "bias")), relu } : undefined;
  const y = layer.type === "conv2d" ? conv2d(g, x, weight, bias, withSides(layer)) : linear(g, x, weight, bias, layer.outFeatures);
  return relu ? y : follow(g, y, then);
}

/** Hands a ReLU that follows a layer to that layer, and what follows the whole to the last one. */
function buildSequential(g: Graph, layer: SequentialLayer, x: Tensor, path: string, buffers: LayerBuffers, then: Fused): Tensor {
  const { layers } = layer;
  let y = x;
  let following = then;
  for (let i = 0; i < layers.length; i++) {
    const child = layers[i];
    const fuses = isRelu(layers[i + 1]) && takesRelu(child);
    const last = i === layers.length - 1;
    const childThen = fuses ? { relu: true } : last ? then : NOTHING;
    if (last) following = NOTHING;
    y = buildLayer(g, child, y, childPath(path, i, child), buffers, childThen);
    if (fuses) i += 1;
  }
  return follow(g, y, following);
}

/** The shortcut first: the body's last layer may then add it in its own pass. */
function buildResidual(g: Graph, layer: ResidualLayer, x: Tensor, path: string, buffers: LayerBuffers): Tensor {
  const shortcut = buildLayer(g, layer.shortcut, x, shortcutPath(path, layer.shortcut), buffers);
  return buildLayer(g, layer.body, x, path, buffers, { residual: shortcut, relu: layer.relu });
}

/** What was to follow, for layers that cannot do it themselves. */
function follow(g: Graph, y: Tensor, { residual, relu }: Fused): Tensor {
  const sum = residual === undefined ? y : add(g, y, residual);
  return relu ? activation(g, sum, "relu") : sum;
}

function isRelu(layer: Layer | undefined): boolean {
  return layer?.type === "named" ? isRelu(layer.layer) : layer?.type === "activation" && layer.kind === "relu";
}

/** Whether the layer can do a ReLU in its own last pass over memory. */
function takesRelu(layer: Layer): boolean {
  if (layer.type === "named") return takesRelu(layer.layer);
  return layer.type === "batchNorm2d" || ((layer.type === "conv2d" || layer.type === "linear") && layer.bias);
}

function withSides<L extends { readonly kernel: readonly [number, number] }>(layer: L): L & { kernelHeight: number; kernelWidth: number } {
  return { ...layer, kernelHeight: layer.kernel[0], kernelWidth: layer.kernel[1] };
}
