import { Buffer } from "../graph/buffer.ts";
import { Graph, type Mode, type Program } from "../graph/graph.ts";
import { elementsOf } from "../graph/shape.ts";
import { Parameter, type Tensor } from "../graph/tensor.ts";
import type { Address } from "../kernels/kernels.ts";
import { buildLayer, type LayerBuffers } from "../layers/build.ts";
import type { BatchNormBuffers } from "../ops/batchNorm2d.ts";
import { meanSquaredError, softmaxCrossEntropy } from "../ops/loss.ts";
import type { BatchNormDescriptor, ParameterDescriptor } from "../parameters/descriptor.ts";
import type { EngineCore } from "./core.ts";
import type { ModelDescription } from "./description.ts";

/** Where the flat vectors of a model lie. */
export interface VectorAddresses {
  readonly parameters: Address;
  /** The running mean and variance of each batch norm layer. */
  readonly statistics: Address;
  /** The gradient of each parameter, and after them the mean and variance of the batch for each batch norm layer. */
  readonly gradient: Address;
}

export interface NetworkAddresses extends VectorAddresses {
  readonly input: Address;
  readonly labels: Address;
  readonly loss: Address;
  readonly correct: Address;
  /** As many zeros as the largest batch norm layer has parameters. */
  readonly zeros: Address;
  /** As many elements, for the gradients of a batch norm layer whose weight is frozen. */
  readonly batchNormScratch: Address;
}

export interface ModelProgram {
  readonly program: Program;
  readonly output: Buffer;
  readonly dropoutKeys: readonly Buffer[];
}

/** The kernel calls of a model, for training (forward and backward) or for evaluation (forward with the running statistics). */
export function buildProgram(
  { kernels, memory }: EngineCore,
  description: ModelDescription,
  mode: Mode,
  microBatch: number,
  addresses: NetworkAddresses,
): ModelProgram {
  const { input, layers } = description.definition;
  const g = new Graph(kernels, mode, microBatch);
  const dropoutKeys: Buffer[] = [];
  const buffers: LayerBuffers = {
    ...vectorBuffers(description, mode, addresses),
    dropoutKey: () => {
      const key = new Buffer(2, memory.allocate(2));
      dropoutKeys.push(key);
      return key;
    },
  };
  const x = g.view(input, new Buffer(microBatch * elementsOf(input), addresses.input), false);
  g.factor(x.value, elementsOf(input)); // images may hold anything
  const y = buildLayer(g, layers, x, "", buffers);
  buildLoss(g, description, x, y, microBatch, addresses);
  g.keep(y.value);
  return { program: g.finish(), output: y.value, dropoutKeys };
}

function buildLoss(
  g: Graph,
  { definition }: ModelDescription,
  x: Tensor,
  y: Tensor,
  microBatch: number,
  addresses: NetworkAddresses,
): void {
  const loss = new Buffer(1, addresses.loss);
  if (definition.loss.type === "meanSquaredError") {
    meanSquaredError(g, y, x.value, loss);
    return;
  }
  // Smoothing is a way to train: in evaluation the loss is the plain one, comparable between runs.
  const labelSmoothing = g.mode === "training" ? definition.loss.labelSmoothing : 0;
  softmaxCrossEntropy(g, y, new Buffer(microBatch, addresses.labels), loss, new Buffer(1, addresses.correct), labelSmoothing);
}

/** The ranges of the flat vectors that each layer uses. */
function vectorBuffers(description: ModelDescription, mode: Mode, addresses: NetworkAddresses): Omit<LayerBuffers, "dropoutKey"> {
  const parameters = new Map(description.parameters.map((p) => [p.name, parameterBuffers(p, addresses)]));
  const parameter = (name: string): Parameter => {
    const found = parameters.get(name);
    if (found === undefined) throw new Error(`expected a parameter of the model, got "${name}"`);
    return found;
  };
  const layers = new Map(description.batchNorms.map((layer) => [layer.name, layer]));
  const statistics = mode === "training" ? addresses.gradient + description.trainableElements : addresses.statistics;
  return {
    parameter,
    batchNorm: (name) => {
      const layer = layers.get(name);
      if (layer === undefined) throw new Error(`expected a batch norm layer of the model, got "${name}"`);
      return batchNormBuffers(layer, { gamma: parameter(`${name}.weight`), beta: parameter(`${name}.bias`) }, statistics, mode, addresses);
    },
  };
}

function parameterBuffers({ offset, elements, frozen }: ParameterDescriptor, { parameters, gradient }: VectorAddresses): Parameter {
  return new Parameter(new Buffer(elements, parameters + offset), frozen ? undefined : new Buffer(elements, gradient + offset));
}

function batchNormBuffers(
  { channels, offset }: BatchNormDescriptor,
  { gamma, beta }: Pick<BatchNormBuffers, "gamma" | "beta">,
  statistics: Address,
  mode: Mode,
  { zeros, batchNormScratch }: NetworkAddresses,
): BatchNormBuffers {
  const scaled = gamma.needsGradient;
  return {
    gamma,
    beta,
    dgammaAndDbeta: new Buffer(2 * channels, scaled ? gamma.gradient.address : batchNormScratch), // beta follows gamma in the vector
    dbetaToCopy: scaled ? undefined : new Buffer(channels, batchNormScratch + channels),
    mean: new Buffer(channels, statistics + offset),
    variance: new Buffer(channels, statistics + offset + channels),
    statistics: mode === "training" ? "batch" : "given",
    zeros: new Buffer(2 * channels, zeros),
  };
}
