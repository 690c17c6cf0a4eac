import { median } from "../../coordinator/protocol/median.ts";
import type { Kernel, Kernels } from "../../engine/kernels/kernels.ts";
import type { EngineCore } from "../../engine/model/core.ts";

/** Where the time of a step goes: one row for every kernel of one shape. */
export interface ProfileRow {
  readonly kernel: string;
  /** The arguments that the kernel was made with. */
  readonly shape: readonly unknown[];
  readonly calls: number;
  /** Of all calls together, each taken as long as the median one. */
  readonly milliseconds: number;
}

export interface KernelProfile {
  readonly core: EngineCore;
  /** The rows since the last time, the slowest first. */
  take(): readonly ProfileRow[];
}

/** An engine core whose kernels measure themselves. A measurement costs about a microsecond a call. */
export function profiledCore(core: EngineCore): KernelProfile {
  const rows = new Map<string, { readonly kernel: string; readonly shape: readonly unknown[]; readonly times: number[] }>();
  const timed = (name: string, shape: readonly unknown[], kernel: Kernel): Kernel => {
    const key = `${name} ${JSON.stringify(shape)}`;
    return (...values) => {
      const start = performance.now();
      kernel(...values);
      const milliseconds = performance.now() - start;
      const row = rows.get(key);
      if (row === undefined) rows.set(key, { kernel: name, shape, times: [milliseconds] });
      else row.times.push(milliseconds);
    };
  };
  const entries = Object.entries(core.kernels) as [string, (...shape: readonly unknown[]) => Kernel][];
  const kernels = Object.fromEntries(
    entries.map(([name, make]) => [name, (...shape: readonly unknown[]) => timed(name, shape, make(...shape))]),
  );
  return {
    core: { ...core, kernels: kernels as unknown as Kernels },
    take: () => {
      const taken = [...rows.values()].map(({ kernel, shape, times }) => ({
        kernel,
        shape,
        calls: times.length,
        milliseconds: times.length * median(times),
      }));
      rows.clear();
      return taken.sort((a, b) => b.milliseconds - a.milliseconds);
    },
  };
}
