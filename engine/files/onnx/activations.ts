import type { Layer } from "../../layers/layer.ts";
import type { OnnxGraph } from "./onnxGraph.ts";

/** y = f(x). GELU is written out, x · (1 + erf(x / √2)) / 2: as an operator of its own it is younger than opset 17. */
export function addActivation(graph: OnnxGraph, { kind, slope }: Extract<Layer, { readonly type: "activation" }>, x: string): string {
  switch (kind) {
    case "relu":
      return graph.node("Relu", [x]);
    case "leakyRelu":
      return graph.node("LeakyRelu", [x], { alpha: { float: slope } });
    case "sigmoid":
      return graph.node("Sigmoid", [x]);
    case "tanh":
      return graph.node("Tanh", [x]);
    case "gelu": {
      const error = graph.node("Erf", [graph.node("Mul", [x, graph.number(Math.SQRT1_2)])]);
      const share = graph.node("Mul", [graph.node("Add", [error, graph.number(1)]), graph.number(0.5)]);
      return graph.node("Mul", [x, share]);
    }
    default:
      throw new Error(`exportOnnx: expected an activation, got ${kind satisfies never}`);
  }
}
