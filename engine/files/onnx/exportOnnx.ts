import { describeModel, type ModelDescription } from "../../model/description.ts";
import type { NamedTensor } from "../safetensors.ts";
import { addLayer } from "./layers.ts";
import { modelMessage } from "./messages.ts";
import { OnnxGraph } from "./onnxGraph.ts";

/** The network for inference, as an ONNX file: "input" [images, channels, height, width] to "output", logits or maps, opset 17. */
export function exportOnnx({ definition }: ModelDescription, tensors: readonly NamedTensor[]): Uint8Array {
  const { output } = describeModel(definition);
  const graph = new OnnxGraph(tensors);
  const { name: last, flat } = addLayer(graph, definition.layers, { name: "input", flat: false, channels: definition.input.channels }, "");
  graph.nodes.push({ operator: "Identity", inputs: [last], output: "output", attributes: {} });
  const { height, width, channels } = definition.input;
  return modelMessage({
    name: "network",
    nodes: graph.nodes,
    constants: graph.constants,
    input: { name: "input", dimensions: ["images", channels, height, width] },
    output: { name: "output", dimensions: ["images", output.channels, ...(flat ? [] : [output.height, output.width])] },
  });
}
