import type { BenchHost, Preparation } from "./host.ts";
import type { BenchOptions } from "./options.ts";

const RUNS = 5; // the first also compiles what generates

export interface ReadyRow {
  readonly model: string;
  /** For each numerics class. */
  readonly preparations: Readonly<Record<string, Preparation>>;
}

/** How long each model takes from its name to kernels that can run. */
export async function measureReady(host: BenchHost, { models, numerics, convolution, images }: BenchOptions): Promise<readonly ReadyRow[]> {
  const rows: ReadyRow[] = [];
  for (const model of models) {
    const preparations: Record<string, Preparation> = {};
    for (const kind of numerics) preparations[kind] = await host.ready({ model, images, engine: { numerics: kind, convolution } }, RUNS);
    rows.push({ model, preparations });
  }
  return rows;
}
