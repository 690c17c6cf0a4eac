import { ModuleBuilder } from "../../engine/wasm/moduleBuilder.ts";
import { measurableRuns, millisecondsOf } from "./measurable.ts";

/** What one core can do at most in 128-bit WebAssembly. */
export interface Machine {
  /** Products and sums in registers alone. */
  readonly gflops: number;
  /** Reading and writing a vector at a time, in a buffer far larger than the caches of a core. */
  readonly gigabytesPerSecond: number;
}

interface Exports {
  arithmetic(turns: number): number;
  scale(vectors: number): void;
}

const ACCUMULATORS = 12;
const TURNS = 100_000;
const VECTORS = 1 << 21; // 32 MiB
const ROUNDS = 60; // the fastest of so many is undisturbed also on a busy machine

export async function measureMachine(fused: boolean): Promise<Machine> {
  const memory = new WebAssembly.Memory({ initial: (VECTORS * 16) / 65536 + 1 });
  const { instance } = await WebAssembly.instantiate(machineModule(fused) as BufferSource, { env: { memory } });
  const exports = instance.exports as unknown as Exports;
  const flop = TURNS * ACCUMULATORS * 8;
  return {
    gflops: flop / fastest(() => exports.arithmetic(TURNS)) / 1e6,
    gigabytesPerSecond: (VECTORS * 32) / fastest(() => exports.scale(VECTORS)) / 1e6,
  };
}

function machineModule(fused: boolean): Uint8Array {
  const module = new ModuleBuilder({ fused });
  module.importMemory();
  const arithmetic = module.functionWithResult(["i32"], "f32", (f, turns) => {
    const sums = Array.from({ length: ACCUMULATORS }, (_, i) => f.f32x4(i));
    const [factor, summand] = [f.f32x4(0.5), f.f32x4(1)];
    f.loop(turns, () => {
      for (const sum of sums) sum.set(sum.multiplyAdd(factor, summand));
    });
    return sums.reduce((total, sum) => f.f32x4(total.add(sum))).lane(0);
  });
  const scale = module.function(["i32"], (f, vectors) => {
    const place = f.pointer();
    f.walk(vectors, [[place, 4]], () => place.store(place.f32x4().mul(f.f32x4(1))));
  });
  module.export("arithmetic", arithmetic);
  module.export("scale", scale);
  return module.finish();
}

/** The first rounds also warm the optimising compiler up. */
function fastest(run: () => void): number {
  let shortest = Number.POSITIVE_INFINITY;
  measurableRuns(run);
  const runs = measurableRuns(run); // again: the first ones were slow
  for (let round = 0; round < ROUNDS; round++) shortest = Math.min(shortest, millisecondsOf(run, runs));
  return shortest;
}
