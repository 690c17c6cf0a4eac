import type { Kernels } from "../kernels/kernels.ts";
import type { VectorKernels } from "../kernels/vectorKernels.ts";
import type { EngineMemory } from "../memory/engineMemory.ts";

/** What models need of an engine. */
export interface EngineCore {
  readonly kernels: Kernels;
  readonly vector: VectorKernels;
  readonly memory: EngineMemory;
  /** Compiles the kernels that were asked for since the last time; none of those may run before. */
  prepare(): Promise<void>;
}
