import { wrap } from "comlink";
import type { ComputeWorker } from "../../worker/compute/computeWorker.ts";
import { createPoolBench, type PoolBench } from "./pool.ts";

declare global {
  interface Window {
    pool?: PoolBench;
  }
}

window.pool = createPoolBench(async () =>
  wrap<ComputeWorker>(new Worker(new URL("../../worker/compute/computeTab.ts", import.meta.url), { type: "module" })),
);
