import { elementsOf, pixelsOf, type Shape, sameShape, shapeText } from "../graph/shape.ts";
import { zeroPadShortcutShape } from "../ops/concat.ts";
import { conv2dOutputShape } from "../ops/conv2d.ts";
import { convTranspose2dOutputShape } from "../ops/convTranspose2d.ts";
import { flattenedShape } from "../ops/flatten.ts";
import { pool2dOutputShape } from "../ops/pool2d.ts";
import type { BatchNormDescriptor, ParameterDescriptor } from "../parameters/descriptor.ts";
import { FILTER_AXES } from "../parameters/layout.ts";
import { Declarations, type LargestMap } from "./declarations.ts";
import type { ConcatLayer, Conv2dLayer, ConvTranspose2dLayer, Layer, LinearLayer, ResidualLayer, ZeroPadShortcutLayer } from "./layer.ts";
import { childPath, joinPath, layerText, shortcutPath } from "./path.ts";
import { checkWhitening } from "./whiteningLayer.ts";

/** What a list of layers is for images of one shape: everything but the weights. */
export interface LayersDescription {
  readonly output: Shape;
  readonly parameters: readonly ParameterDescriptor[];
  /** Of all parameters, those that are trained first. */
  readonly parameterElements: number;
  readonly trainableElements: number;
  readonly batchNorms: readonly BatchNormDescriptor[];
  readonly statisticsElements: number;
  readonly largest: LargestMap;
}

/** Infers all shapes; throws an error that names the layer, the shape it expects and the one it was given. */
export function describeLayers(layer: Layer, input: Shape): LayersDescription {
  const declarations = new Declarations();
  const output = describe(layer, input, "", declarations);
  checkWhitening(layer, input);
  const { parameters, parameterElements, trainableElements, batchNorms, statisticsElements, largest } = declarations;
  return { output, parameters, parameterElements, trainableElements, batchNorms, statisticsElements, largest };
}

const MAX_ELEMENTS = 2 ** 30; // of one map: 4 GiB of f32, all that the engine's memory can have

function describe(layer: Layer, input: Shape, path: string, into: Declarations): Shape {
  const output = shapeAfter(layer, input, path, into);
  if (elementsOf(output) > elementsOf(into.largest.shape)) into.largest = { layer: layerText(layer, path), shape: output };
  if (elementsOf(output) <= MAX_ELEMENTS) return output;
  throw new Error(`${layerText(layer, path)}: expected a map of at most ${MAX_ELEMENTS} elements (4 GiB), got ${shapeText(output)}`);
}

function shapeAfter(layer: Layer, input: Shape, path: string, into: Declarations): Shape {
  switch (layer.type) {
    case "conv2d":
      return describeConv2d(layer, input, path, into);
    case "convTranspose2d":
      return describeConvTranspose2d(layer, input, path, into);
    case "linear":
      return describeLinear(layer, input, path, into);
    case "batchNorm2d":
      into.batchNorm(path, input.channels, pixelsOf(input), layer.scale !== false);
      return input;
    case "activation":
    case "dropout":
    case "localResponseNorm":
    case "scale":
    case "identity":
      return input;
    case "maxPool2d":
    case "meanPool2d":
      return atLeastOnePixel(layer, path, input, pool2dOutputShape(input, { ...layer, ...sides(layer.kernel) }));
    case "globalMeanPool2d":
      return { height: 1, width: 1, channels: input.channels };
    case "flatten":
      return flattenedShape(input);
    case "zeroPadShortcut":
      return describeZeroPadShortcut(layer, input, path);
    case "named":
      return describe(layer.layer, input, joinPath(path, layer.name), into);
    case "sequential":
      return layer.layers.reduce((shape, child, i) => describe(child, shape, childPath(path, i, child), into), input);
    case "residual":
      return describeResidual(layer, input, path, into);
    case "concat":
      return describeConcat(layer, input, path, into);
    default:
      throw new Error(`"${path}": expected a layer, got ${JSON.stringify(layer satisfies never)}`);
  }
}

function describeConv2d(layer: Conv2dLayer, input: Shape, path: string, into: Declarations): Shape {
  const { outChannels, groups, bias } = layer;
  const { kernelHeight, kernelWidth } = sides(layer.kernel);
  expectGroups(layer, path, input.channels, outChannels, groups);
  const shape = [outChannels, input.channels / groups, kernelHeight, kernelWidth];
  const { initial = "uniform" } = layer;
  into.parameter(path, "weight", { shape, layout: { view: shape, axes: FILTER_AXES }, initial, frozen: initial === "whitening" });
  if (bias) into.vector(path, "bias", outChannels, "zeros");
  return atLeastOnePixel(layer, path, input, conv2dOutputShape(input, { ...layer, kernelHeight, kernelWidth }));
}

function describeConvTranspose2d(layer: ConvTranspose2dLayer, input: Shape, path: string, into: Declarations): Shape {
  const { outChannels, groups, bias, stride, outputPadding } = layer;
  const { kernelHeight, kernelWidth } = sides(layer.kernel);
  expectGroups(layer, path, input.channels, outChannels, groups);
  if (outputPadding >= stride) {
    throw new Error(`${layerText(layer, path)}: expected an output padding below the stride, got ${outputPadding} and ${stride}`);
  }
  const shape = [input.channels, outChannels / groups, kernelHeight, kernelWidth];
  into.parameter(path, "weight", { shape, layout: { view: shape, axes: FILTER_AXES }, initial: "uniform" });
  if (bias) into.vector(path, "bias", outChannels, "zeros");
  return atLeastOnePixel(layer, path, input, convTranspose2dOutputShape(input, { ...layer, kernelHeight, kernelWidth }));
}

function describeLinear(layer: LinearLayer, input: Shape, path: string, into: Declarations): Shape {
  if (pixelsOf(input) !== 1) {
    throw new Error(`${layerText(layer, path)}: expected a vector (flatten or pool the map first), got a map of ${shapeText(input)}`);
  }
  const { height, width, channels } = input.flattenedFrom ?? input;
  const { outFeatures } = layer;
  const layout = { view: [outFeatures, channels, height, width], axes: FILTER_AXES };
  into.parameter(path, "weight", { shape: [outFeatures, elementsOf(input)], layout, initial: "uniform" });
  if (layer.bias) into.vector(path, "bias", outFeatures, "zeros");
  return { height: 1, width: 1, channels: outFeatures };
}

function describeZeroPadShortcut(layer: ZeroPadShortcutLayer, input: Shape, path: string): Shape {
  const added = layer.outChannels - input.channels;
  if (added < 0 || added % 2 !== 0) {
    const text = layerText(layer, path);
    throw new Error(`${text}: expected an even number of channels to add to the ${input.channels} given, got ${layer.outChannels} in all`);
  }
  return zeroPadShortcutShape(input, layer.outChannels, layer.stride);
}

function describeResidual(layer: ResidualLayer, input: Shape, path: string, into: Declarations): Shape {
  const body = describe(layer.body, input, path, into);
  const shortcut = describe(layer.shortcut, input, shortcutPath(path, layer.shortcut), into);
  if (!sameShape(body, shortcut)) {
    throw new Error(
      `${layerText(layer, path)}: expected body and shortcut of one shape, got ${shapeText(body)} and ${shapeText(shortcut)}`,
    );
  }
  return body;
}

function describeConcat(layer: ConcatLayer, input: Shape, path: string, into: Declarations): Shape {
  const shapes = layer.branches.map((branch) => describe(branch, input, path, into));
  const first = shapes[0];
  if (first === undefined || shapes.some(({ height, width }) => height !== first.height || width !== first.width)) {
    const text = layerText(layer, path);
    throw new Error(`${text}: expected branches with maps of one height and width, got ${shapes.map(shapeText).join(", ") || "none"}`);
  }
  return { height: first.height, width: first.width, channels: shapes.reduce((sum, shape) => sum + shape.channels, 0) };
}

function expectGroups(layer: Layer, path: string, channels: number, outChannels: number, groups: number): void {
  if (channels % groups === 0 && outChannels % groups === 0) return;
  throw new Error(`${layerText(layer, path)}: expected channels that ${groups} groups divide, got ${channels} in and ${outChannels} out`);
}

function atLeastOnePixel(layer: Layer, path: string, input: Shape, output: Shape): Shape {
  if (output.height >= 1 && output.width >= 1) return output;
  throw new Error(`${layerText(layer, path)}: expected a map at least as large as the window, got ${shapeText(input)}`);
}

function sides([kernelHeight, kernelWidth]: readonly [number, number]): { readonly kernelHeight: number; readonly kernelWidth: number } {
  return { kernelHeight, kernelWidth };
}
