import convnetjs, { type LayerOfNet } from "convnetjs";
import type { Layer } from "../../../engine/index.ts";
import { layerText } from "../../../engine/layers/path.ts";
import { LEARNING_RATE, MOMENTUM, type RivalStep, type StartingParameter, type StartingPoint } from "./rival.ts";

type Definition = Record<string, string | number>;

/** ConvNetJS: one image after the other, in plain JavaScript and f64. */
export function startConvNetJs(point: StartingPoint): RivalStep {
  const { definition, images, pixels, labels, parameters } = point;
  const { height, width, channels } = definition.input;
  const layers = withoutNames(definition.layers).flatMap(translated);
  const last = layers.pop();
  if (last?.["type"] !== "fc") throw new Error("ConvNetJS puts a linear layer before its softmax, and the model does not end with one");
  const net = new convnetjs.Net();
  const input = { type: "input", out_sx: width, out_sy: height, out_depth: channels };
  net.makeLayers([input, ...layers, { type: "softmax", num_classes: last["num_neurons"] ?? 0 }]);
  takeWeights(net.layers, parameters);
  const volumes = Array.from({ length: images }, (_, image) => {
    const volume = new convnetjs.Vol(width, height, channels, 0);
    volume.w.set(pixels.subarray(image * volume.w.length, (image + 1) * volume.w.length));
    return volume;
  });
  const trainer = new convnetjs.Trainer(net, { learning_rate: LEARNING_RATE, momentum: MOMENTUM, batch_size: images });
  return () => Promise.resolve(volumes.reduce((sum, volume, image) => sum + trainer.train(volume, labels[image]).cost_loss, 0) / images);
}

/** A list of layers in the order in which they are applied. */
function withoutNames(layer: Layer): readonly Layer[] {
  if (layer.type === "named") return withoutNames(layer.layer);
  return layer.type === "sequential" ? layer.layers.flatMap(withoutNames) : [layer];
}

function translated(layer: Layer): readonly Definition[] {
  switch (layer.type) {
    case "conv2d":
      if (layer.groups !== 1 || layer.dilation !== 1) throw new Error("ConvNetJS has no convolutions with groups or dilation");
      return [{ type: "conv", filters: layer.outChannels, ...window(layer) }];
    case "maxPool2d":
      return [{ type: "pool", ...window(layer) }];
    case "linear":
      return [{ type: "fc", num_neurons: layer.outFeatures }];
    case "activation":
      if (!["relu", "sigmoid", "tanh"].includes(layer.kind)) throw new Error(`ConvNetJS has no ${layer.kind}`);
      return [{ type: layer.kind }];
    case "flatten":
    case "identity":
      return [];
    default:
      throw new Error(`ConvNetJS has no ${layerText(layer, "")}`);
  }
}

function window(layer: Extract<Layer, { type: "conv2d" | "maxPool2d" }>): Definition {
  const [height, width] = layer.kernel;
  return { sx: width, sy: height, stride: layer.stride, pad: layer.padding };
}

/** Ours lie as columns of [height · width · in][out]; ConvNetJS has a volume [height][width][in] for each output. */
function takeWeights(layers: readonly LayerOfNet[], parameters: readonly StartingParameter[]): void {
  const tensors = parameters.map(({ channelsLast }) => channelsLast.values);
  for (const layer of layers.filter(({ layer_type }) => layer_type === "conv" || layer_type === "fc")) {
    const [weights, biases] = tensors.splice(0, 2);
    if (weights === undefined || biases?.length !== layer.biases.w.length) {
      throw new Error(
        `ConvNetJS has a bias in each layer of weights: expected ${layer.biases.w.length} values, got ${biases?.length ?? "none"}`,
      );
    }
    layer.filters.forEach((filter, out) => {
      filter.w.set(filter.w.map((_, i) => weights[i * layer.filters.length + out]));
    });
    layer.biases.w.set(biases);
  }
}
