import type { Address, Kernel } from "../kernels/kernels.ts";
import { POINTWISE } from "../kernels/pointwise.ts";
import type { EngineCore } from "../model/core.ts";

/** A matrix of the parameter vector: filters lie as [height · width · in][out], so a column is one filter. */
export interface MatrixShape {
  readonly rows: number;
  readonly columns: number;
}

/** Jordan et al. 2024, "Muon": the odd polynomial whose slope at 0 is steepest while all of (0, 1] ends near 1. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

const NORM_EPSILON = 1e-7; // as the published code: a gradient of zeros stays zeros

/** X in place, and as scratch: another matrix of X's elements, and two square ones of the shorter side. */
export interface OrthogonalizeBuffers {
  readonly x: Address;
  readonly other: Address;
  readonly gram: Address;
  readonly polynomial: Address;
}

/**
 * The nearest matrix with singular values about 1, by Newton-Schulz iterations: X ← X / ‖X‖, then `iterations` times
 * X ← X (a I + b G + c G²) with G = XᵀX. A matrix that is wider than tall is turned over first. Returns where the result lies: `x` or `other`.
 *
 * What products are made of is flushed (rule KE4): beside singular values of about 1 it is nothing.
 *
 * Both products are 1×1 convolutions: X·P is one with filters P, XᵀX the weight gradient of one with input and output gradient X.
 */
export function orthogonalizer(
  core: EngineCore,
  { rows, columns }: MatrixShape,
): (at: OrthogonalizeBuffers, iterations: number) => Address {
  const { kernels, vector, memory } = core;
  const [long, short] = [Math.max(rows, columns), Math.min(rows, columns)];
  const product = { height: 1, width: 1, channels: short, outChannels: short, ...POINTWISE };
  const multiply: Kernel = kernels.conv2d(product);
  const flush: Kernel = kernels.flush();
  const gramOf: Kernel = kernels.conv2dWeightGradient(product, false);
  const elements = rows * columns;
  return ({ x, other, gram, polynomial }, iterations) => {
    let [from, to] = [x, other];
    if (rows < columns) {
      transpose(memory.f32, from, to, rows, columns);
      [from, to] = [to, from];
    }
    vector.blend(elements, from, from, 1 / (Math.sqrt(vector.sumOfSquares(elements, from)) + NORM_EPSILON), 0);
    for (let i = 0; i < iterations; i++) {
      flush(elements, from);
      gramOf(long, from, from, gram);
      flush(short * short, gram);
      multiply(short, gram, gram, polynomial);
      vector.blend(short * short, gram, polynomial, B, C);
      for (let d = 0; d < short; d++) memory.f32[polynomial + d * (short + 1)] += A;
      flush(short * short, polynomial);
      multiply(long, from, polynomial, to);
      [from, to] = [to, from];
    }
    if (rows >= columns) return from;
    transpose(memory.f32, from, to, columns, rows);
    return to;
  };
}

/** to[column][row] = from[row][column] */
function transpose(h: Float32Array | Float64Array, from: Address, to: Address, rows: number, columns: number): void {
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) h[to + c * rows + r] = h[from + r * columns + c];
}
