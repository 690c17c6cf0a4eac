import { setFlagsFromString } from "node:v8";
import { describe, expect, test } from "vitest";
import { F32x4 } from "../../../engine/wasm/f32x4.ts";
import type { FunctionBuilder } from "../../../engine/wasm/functionBuilder.ts";
import { fusedMultiplyAddWorks } from "../../../engine/wasm/fusedMultiplyAdd.ts";
import { I32x4 } from "../../../engine/wasm/i32x4.ts";
import type { PointerLocal } from "../../../engine/wasm/locals.ts";
import { ModuleBuilder } from "../../../engine/wasm/moduleBuilder.ts";
import type { LaneCount } from "../../../engine/wasm/pointer.ts";

type Numbers = (...values: number[]) => number | bigint;

/** Builds a module of one function over a memory and returns the function with the memory. */
function memoryFunction(body: (f: FunctionBuilder, x: PointerLocal, y: PointerLocal, n: ReturnType<FunctionBuilder["i32"]>) => void) {
  const builder = new ModuleBuilder({ fused: false });
  builder.importMemory();
  builder.export(
    "run",
    builder.function(["pointer", "pointer", "i32"], (f, x, y, n) => body(f, x, y, n)),
  );
  const memory = new WebAssembly.Memory({ initial: 1 });
  const run = instantiate(builder, { memory })["run"];
  return { run, h: new Float32Array(memory.buffer), i32: new Int32Array(memory.buffer) };
}

function instantiate(builder: ModuleBuilder, env: Record<string, WebAssembly.ImportValue> = {}): Record<string, Numbers> {
  const bytes = builder.finish() as Uint8Array<ArrayBuffer>;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports as Record<string, Numbers>;
}

describe("loops", () => {
  const counted = (count: number | "argument") => {
    const builder = new ModuleBuilder({ fused: false });
    const body = builder.functionWithResult(["i32"], "i32", (f, n) => {
      const sum = f.i32(100);
      f.loop(count === "argument" ? n : count, (i) => sum.set(sum.mul(2).add(i)));
      return sum;
    });
    builder.export("run", body);
    return instantiate(builder)["run"];
  };
  const expected = (count: number) => Array.from({ length: count }, (_, i) => i).reduce((sum, i) => 2 * sum + i, 100);

  test.each([0, 1, 2, 9])("a constant number of turns: %d", (count) => {
    expect(counted(count)(0)).toBe(expected(count));
  });
  test.each([0, 1, 2, 9])("a number of turns known at run time: %d", (count) => {
    expect(counted("argument")(count)).toBe(expected(count));
  });

  test.each([0, 1, 2, 5])("a walk moves every pointer, %d turns", (count) => {
    const { run, h } = memoryFunction((f, x, y, n) => {
      f.walk(
        n,
        [
          [x, 2],
          [y, -1],
        ],
        () => y.store(x.f32()),
      );
      y.store(x.f32(100), 0);
    });
    for (let i = 0; i < 300; i++) h[i] = i;
    run(0, 4 * 50, count);
    expect([...h.subarray(51 - count, 51)]).toEqual(Array.from({ length: count }, (_, i) => 2 * (count - 1 - i)));
    expect(h[50 - count]).toBe(100 + 2 * count);
  });

  test.each([
    [0, []],
    [3, [3]],
    [4, [4]],
    [11, [4, 4, 3]],
  ])("%d items in chunks of four", (total, sizes) => {
    const { run, i32 } = memoryFunction((f, x, _y, n) => {
      f.chunks(n, 4, (size) => {
        x.store(size);
        x.advance(1);
      });
    });
    run(0, 0, total);
    expect([...i32.subarray(0, sizes.length + 1)]).toEqual([...sizes, 0]);
  });

  test("a walk whose first pointer stands still is refused", () => {
    expect(() => memoryFunction((f, x, _y, n) => f.walk(n, [[x, 0]], () => undefined))).toThrow(
      "the first pointer of a walk is expected to move",
    );
  });
});

test("conditions, calls and results", () => {
  const builder = new ModuleBuilder({ fused: false });
  builder.importMemory();
  const double = builder.function(["pointer", "i32"], (_, x, n) => x.store(n.add(n)));
  const body = builder.functionWithResult(["i32"], "i64", (f, n) => {
    const x = f.pointer(f.pointer().plus(5));
    f.if(
      n.greater(2),
      () => f.call(double, x, n.sub(1)),
      () => f.call(double, x.plus(1), 7),
    );
    return f.i64(3n).add(x.u32AsI64()).add(x.u32AsI64(1).mul(100n));
  });
  builder.export("run", body);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const run = instantiate(builder, { memory })["run"];
  expect(run(5)).toBe(3n + 8n);
  new Int32Array(memory.buffer).fill(0);
  expect(run(2)).toBe(3n + 1400n);
});

test("arithmetic in every scalar type", () => {
  const builder = new ModuleBuilder({ fused: false });
  const body = builder.functionWithResult(["i32", "f32", "f64"], "f64", (f, n, a, b) => {
    const single = f.f32(a.sub(1).mul(3).div(2).add(0.25));
    const whole = f.i32(n.shiftLeft(4).divUnsigned(3).remUnsigned(10).and(6).add(n.leadingZeros()).add(n.ones()));
    return f.f64(single.toF64().add(b).div(2)).add(whole.unsignedToF64());
  });
  builder.export("run", body);
  const run = instantiate(builder)["run"];
  // 7 · 16 = 112, ⌊112 / 3⌋ = 37, 37 mod 10 = 7, 7 and 6 = 6; 7 has 29 leading zeros and 3 ones.
  expect(run(7, 5, 10)).toBe((6.25 + 10) / 2 + 6 + 29 + 3);
});

describe("SIMD lanes", () => {
  test.each([1, 2, 3, 4] as const)("%d lanes are loaded and stored, no more", (count: LaneCount) => {
    const { run, h } = memoryFunction((f, x, y) => {
      y.store(f.f32x4(x.lanes(count, 1).add(10)), 2, count);
      y.store(f.f32x4(x.gather(3, count)), 20);
      y.store(f.f32x4(x.lanes(count)), 30);
    });
    for (let i = 0; i < 20; i++) h[i] = i + 1;
    run(0, 4 * 40, 0);
    expect([...h.subarray(40, 48)]).toEqual([0, 0, ...[12, 13, 14, 15].map((v, i) => (i < count ? v : 0)), 0, 0]);
    expect([...h.subarray(60, 64)]).toEqual([1, 4, 7, 10].map((v, i) => (i < count ? v : 0)));
    expect([...h.subarray(70, 74)]).toEqual([1, 2, 3, 4].map((v, i) => (i < count ? v : 0)));
  });

  test("shuffles, masks and conversions", () => {
    const { run, h, i32 } = memoryFunction((f, x, y) => {
      const [a, b] = [f.f32x4(x.f32x4()), f.f32x4(x.f32x4(4))];
      y.store(a.shuffle(b, [0, 5, 2, 7]), 0);
      y.store(a.whereElse(a.greater(b), b), 4);
      y.store(a.toI32x4(), 8);
      y.store(I32x4.constant([-1, 2, 1 << 30, 7]).add(I32x4.of(3)), 12);
      y.store(F32x4.of(a.lane(3)), 16);
      y.store(a.highToF64x2().mul(3).toF32x4(), 20);
    });
    h.set([1.5, -2.5, 3.5, Number.NaN, 1, 2, 3, 4]);
    run(0, 400, 0);
    const y = h.subarray(100);
    expect([...y.subarray(0, 8)]).toEqual([1.5, 2, 3.5, 4, 1.5, 2, 3.5, 4]);
    expect([...i32.subarray(108, 116)]).toEqual([1, -2, 3, 0, 2, 5, (1 << 30) + 3, 10]);
    expect([...y.subarray(16, 24)]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, 10.5, Number.NaN, 0, 0]);
  });
});

test("an expression of another function's local is refused", () => {
  const builder = new ModuleBuilder({ fused: false });
  builder.function(["i32"], (_, outer) => {
    expect(() => builder.function([], (f) => void f.i32(outer))).toThrow("local 0 belongs to another function");
  });
});

test("offsets below 0 are refused", () => {
  expect(() => memoryFunction((_, x) => x.store(x.f32(-1)))).toThrow(
    "a memory offset is expected to be a whole number of at least 0 bytes, got -4",
  );
});

test("the probe sees one rounding where the engine fuses, and says no where relaxed SIMD is missing", () => {
  expect(fusedMultiplyAddWorks()).toBe(false);
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  expect(fusedMultiplyAddWorks()).toBe(true);
});
