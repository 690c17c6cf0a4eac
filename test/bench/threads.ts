import type { ModelName } from "../../engine/index.ts";
import { openBrowserPool, openNodePool } from "./openPool.ts";
import type { BenchOptions } from "./options.ts";
import { measureInTurns, type RunnerSpeed } from "./runner.ts";

export interface ThreadsTable {
  readonly name: string;
  /** One for each number of compute workers; the ratio is to the first. */
  readonly speeds: readonly RunnerSpeed[];
  /** Why processes were not bound to their cores. */
  readonly problems: readonly string[];
}

/** The pool of one peer with so many compute workers, each pool bound to as many cores, taking turns. */
export async function measureThreads(options: BenchOptions, report: (table: ThreadsTable) => void): Promise<readonly ThreadsTable[]> {
  const tables: ThreadsTable[] = [];
  for (const model of options.models) {
    if (model === "vgg_small") throw new Error("expected models that peers know by name in --models, got vgg_small");
    for (const numerics of options.numerics) {
      const table = await measurePools(options, model, numerics);
      tables.push(table);
      report(table);
    }
  }
  return tables;
}

async function measurePools(options: BenchOptions, model: ModelName, numerics: BenchOptions["numerics"][number]): Promise<ThreadsTable> {
  const { threads, images: microBatch, batch, convolution, browser, rounds, windowMs } = options;
  const slots = batch / microBatch;
  if (!Number.isInteger(slots)) throw new Error(`expected --batch to be a multiple of --images ${microBatch}, got ${batch}`);
  const pools = await Promise.all(threads.map(browser ? openBrowserPool : openNodePool));
  try {
    for (const [i, { bench }] of pools.entries()) {
      await bench.prepare({ model, workers: threads[i], microBatch, slots, numerics, convolution });
    }
    const runners = pools.map(({ bench }, i) => {
      return { name: `${threads[i]} compute ${threads[i] === 1 ? "worker" : "workers"}`, window: (ms: number) => bench.train(ms) };
    });
    const speeds = await measureInTurns(runners, rounds, windowMs);
    const problems = [...new Set(pools.flatMap(({ problem }) => problem ?? []))];
    return { name: `${model}, ${numerics}, global batch ${batch}, ${browser ? "Chromium" : "Node"}`, speeds, problems };
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
}
