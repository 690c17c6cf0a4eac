import type { Conv2dLayer, ConvTranspose2dLayer, MaxPool2dLayer, MeanPool2dLayer, ZeroPadShortcutLayer } from "../../layers/layer.ts";
import type { Attribute } from "./messages.ts";
import type { OnnxGraph } from "./onnxGraph.ts";

type Window = { readonly kernel: readonly [number, number]; readonly stride: number; readonly padding: number };

function windowAttributes({ kernel, stride, padding }: Window): Readonly<Record<string, Attribute>> {
  return { kernel_shape: { ints: kernel }, strides: { ints: [stride, stride] }, pads: { ints: [padding, padding, padding, padding] } };
}

/** Of Conv and ConvTranspose. */
export function filterAttributes(layer: Conv2dLayer | ConvTranspose2dLayer): Readonly<Record<string, Attribute>> {
  const attributes = { ...windowAttributes(layer), group: { int: layer.groups } };
  if (layer.type === "conv2d") return { ...attributes, dilations: { ints: [layer.dilation, layer.dilation] } };
  return { ...attributes, output_padding: { ints: [layer.outputPadding, layer.outputPadding] } };
}

export function addPooling(graph: OnnxGraph, layer: MaxPool2dLayer | MeanPool2dLayer, x: string): string {
  if (layer.type === "maxPool2d") return graph.node("MaxPool", [x], windowAttributes(layer));
  return graph.node("AveragePool", [x], { ...windowAttributes(layer), count_include_pad: { int: layer.countPadding ? 1 : 0 } });
}

/** Every stride-th pixel, then channels of zeros, half of them before and half after. */
export function addZeroPadShortcut(graph: OnnxGraph, { outChannels, stride }: ZeroPadShortcutLayer, x: string, channels: number): string {
  const END = 2 ** 31 - 1; // as far as there is
  const sliced = graph.node("Slice", [
    x,
    graph.integers(0, 0),
    graph.integers(END, END),
    graph.integers(2, 3),
    graph.integers(stride, stride),
  ]);
  const before = Math.floor((outChannels - channels) / 2);
  const pads = graph.integers(0, before, 0, 0, 0, outChannels - channels - before, 0, 0);
  return graph.node("Pad", [sliced, pads]);
}
