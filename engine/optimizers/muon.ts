import type { Address } from "../kernels/kernels.ts";
import type { EngineCore } from "../model/core.ts";
import type { ParameterDescriptor } from "../parameters/descriptor.ts";
import { MAX_SETTINGS, type Optimizer, type OptimizerVectors, type Trainable } from "./optimizer.ts";
import { type OrthogonalizeBuffers, orthogonalizer } from "./orthogonalize.ts";
import { sgd } from "./sgd.ts";

export interface MuonConfig {
  readonly type: "muon";
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** Newton-Schulz iterations: 3 are enough for the networks here, 5 come closer to singular values of 1. */
  readonly iterations?: number;
  /** Before its update, a matrix is scaled to the norm √columns (one for each filter): for filters that a batch norm follows. */
  readonly renormalize?: boolean;
  /** The learning rate of all other parameters, over that of the matrices. */
  readonly sgdRate?: number;
  /** Of all other parameters. */
  readonly weightDecay?: number;
}

/**
 * Filters and matrices, but the last, which makes the output: V ← μ V + G; W ← √columns · W / ‖W‖ − η · orthogonalize(G + μ V), without
 * Nesterov orthogonalize(V). Everything else: SGD with the same momentum (Jordan et al. 2024, as airbench94 has it).
 */
export function muon(core: EngineCore, config: MuonConfig, { parameters }: Pick<Trainable, "parameters">): Optimizer {
  const { momentum = 0.6, nesterov = true, iterations = 3, renormalize = true, sgdRate = 1, weightDecay = 0 } = config;
  const { memory, vector } = core;
  const flush = core.kernels.flush();
  const matrices = matricesOf(parameters).map((matrix) => ({ ...matrix, orthogonalize: orthogonalizer(core, matrix) }));
  const others = parameters.filter((parameter) => !matrices.some(({ offset }) => offset === parameter.offset));
  const rest = sgd({ type: "sgd", momentum, nesterov, weightDecay });
  const settings = memory.allocate(MAX_SETTINGS);
  const scratch = allocateScratch(core, matrices);

  const updateMatrix = (
    { offset, elements: count, columns, orthogonalize }: (typeof matrices)[number],
    at: MatrixVectors,
    rate: number,
  ): void => {
    const [w, g, velocity] = [at.parameters + offset, at.gradient + offset, at.velocity + offset];
    vector.blend(count, g, velocity, 1, momentum);
    vector.blend(count, velocity, scratch.x, nesterov ? momentum : 1, 0);
    if (nesterov) vector.blend(count, g, scratch.x, 1, 1);
    const direction = orthogonalize(scratch, iterations);
    const norm = renormalize ? Math.sqrt(vector.sumOfSquares(count, w)) : 0;
    vector.blend(count, direction, w, -rate, norm > 0 ? Math.sqrt(columns) / norm : 1);
    flush(count, w);
  };
  return {
    stateNames: rest.stateNames,
    update: ({ parameters: w, gradient: g, state: [velocity = 0] }: OptimizerVectors, learningRate, step) => {
      memory.f32.set(rest.settings(learningRate * sgdRate, step), settings);
      for (const { offset, elements: count } of others) {
        rest.update(vector, count, w + offset, g + offset, [velocity + offset], settings);
      }
      for (const matrix of matrices) updateMatrix(matrix, { parameters: w, gradient: g, velocity }, learningRate);
    },
  };
}

interface MatrixVectors {
  readonly parameters: Address;
  readonly gradient: Address;
  readonly velocity: Address;
}

interface Matrix {
  readonly offset: number;
  readonly elements: number;
  readonly rows: number;
  readonly columns: number;
}

/** In the engine's order a filter's output channel is its last axis: PyTorch's first. */
function matricesOf(parameters: readonly ParameterDescriptor[]): readonly Matrix[] {
  return parameters
    .filter(({ shape }) => shape.length >= 2)
    .slice(0, -1)
    .map(({ offset, elements, shape: [columns] }) => ({ offset, elements, rows: elements / columns, columns }));
}

function allocateScratch({ memory }: EngineCore, matrices: readonly Matrix[]): OrthogonalizeBuffers {
  const largest = Math.max(0, ...matrices.map(({ elements }) => elements));
  const square = Math.max(0, ...matrices.map(({ rows, columns }) => Math.min(rows, columns) ** 2));
  const [x, other, gram, polynomial] = [largest, largest, square, square].map((count) => memory.allocate(count));
  return { x, other, gram, polynomial };
}
