import type { Kernels } from "./kernels.ts";
import type { VectorKernels } from "./vectorKernels.ts";

/** "plain": multiply, then add. "fused": relaxed multiply-add, one rounding; allowed only where the probe shows real fusing. */
export type Numerics = "plain" | "fused";

/** Which algorithm 3×3 convolutions use; "direct" is the exact path. */
export type ConvolutionChoice = "direct" | "winograd";

export interface KernelOptions {
  readonly numerics: Numerics;
  readonly convolution: ConvolutionChoice;
}

/**
 * All kernels of one engine. Kernels are asked for while a model is built, and may run only after `link`.
 * `link` may be called again when another model has asked for more.
 */
export interface KernelSet {
  readonly kernels: Kernels;
  readonly vector: VectorKernels;
  /** How many 32-bit elements of scratch memory the kernels asked for so far need together. */
  scratchElements(): number;
  /** Compiles what is new and binds everything to the memory; `scratch` is where the scratch area lies. */
  link(memory: WebAssembly.Memory, scratch: number): Promise<void>;
}
