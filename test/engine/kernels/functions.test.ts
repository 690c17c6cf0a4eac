import { expect, test } from "vitest";
import { erf } from "../../../engine/kernels/generate/errorFunction.ts";
import { exp, expMinusOne, log } from "../../../engine/kernels/generate/exponential.ts";
import { erf as exactErf } from "../../../engine/numerics/erf.ts";
import { exp as exactExp } from "../../../engine/numerics/exp.ts";
import { log as exactLog } from "../../../engine/numerics/log.ts";
import type { F32x4 } from "../../../engine/wasm/f32x4.ts";
import type { FunctionBuilder } from "../../../engine/wasm/functionBuilder.ts";
import { ModuleBuilder } from "../../../engine/wasm/moduleBuilder.ts";

type VectorFunction = (f: FunctionBuilder, x: F32x4) => F32x4;

/** The function of one float, computed in all four lanes. */
function scalar(vectorFunction: VectorFunction, fused = false): (x: number) => number {
  const builder = new ModuleBuilder({ fused });
  builder.importMemory();
  builder.export(
    "run",
    builder.function(["pointer"], (f, x) => x.store(vectorFunction(f, x.splat()))),
  );
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(builder.finish() as Uint8Array<ArrayBuffer>);
  const run = new WebAssembly.Instance(module, { env: { memory } }).exports["run"] as (address: number) => void;
  const h = new Float32Array(memory.buffer);
  return (x) => {
    h[0] = x;
    run(0);
    expect([h[1], h[2], h[3]]).toEqual([h[0], h[0], h[0]]);
    return h[0];
  };
}

/** The distance in units of the last place of the exact value. */
function ulps(actual: number, exact: number): number {
  const magnitude = Math.max(Math.abs(exact), 2 ** -126);
  return Math.abs(actual - exact) / 2 ** (Math.floor(Math.log2(magnitude)) - 23);
}

function points(from: number, to: number): readonly number[] {
  return Array.from({ length: 4001 }, (_, i) => Math.fround(from + ((to - from) * i) / 4000));
}

test.each([
  { name: "exp", vector: exp, exact: exactExp, from: -87, to: 88, bound: 2 },
  { name: "exp near 0", vector: exp, exact: exactExp, from: -1, to: 1, bound: 2 },
  { name: "expMinusOne", vector: expMinusOne, exact: Math.expm1, from: -20, to: 20, bound: 3 },
  { name: "expMinusOne near 0", vector: expMinusOne, exact: Math.expm1, from: -1e-3, to: 1e-3, bound: 3 },
  { name: "log", vector: log, exact: exactLog, from: 1e-6, to: 10, bound: 2 },
  { name: "log of large numbers", vector: log, exact: exactLog, from: 10, to: 1e30, bound: 2 },
  { name: "log near 1", vector: log, exact: exactLog, from: 0.9, to: 1.1, bound: 2 },
  { name: "erf", vector: erf, exact: exactErf, from: -4.5, to: 4.5, bound: 7 },
  { name: "erf near 0", vector: erf, exact: exactErf, from: -1e-3, to: 1e-3, bound: 7 },
])("$name is within $bound units in the last place", ({ vector, exact, from, to, bound }) => {
  const run = scalar(vector);
  const worst = points(from, to).reduce((largest, x) => Math.max(largest, ulps(run(x), exact(x))), 0);
  expect(worst).toBeLessThanOrEqual(bound);
});

test("the ends: no denormal numbers, no overflow, and NaN stays", () => {
  expect([-87.4, -1000, Number.NEGATIVE_INFINITY].map(scalar(exp))).toEqual([0, 0, 0]);
  expect([100, Number.POSITIVE_INFINITY].map(scalar(exp))).toEqual([scalar(exp)(88), scalar(exp)(88)]);
  expect([-100, Number.NEGATIVE_INFINITY].map(scalar(expMinusOne))).toEqual([-1, -1]);
  expect([5, -5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(scalar(erf))).toEqual([1, -1, 1, -1]);
  for (const vector of [exp, expMinusOne, erf]) expect(scalar(vector)(Number.NaN)).toBeNaN();
  expect([scalar(exp)(0), scalar(expMinusOne)(0), scalar(log)(1), scalar(erf)(0)]).toEqual([1, 0, 0, 0]);
});

test("no function is fused: the bits are the same in both classes of numerics", () => {
  // Node 20 refuses fused multiply-add unless a flag is set, so that these compile says it already.
  for (const vector of [exp, expMinusOne, log, erf]) {
    const [plain, fused] = [scalar(vector), scalar(vector, true)];
    for (const x of points(0.01, 4)) expect(fused(x)).toBe(plain(x));
  }
});
