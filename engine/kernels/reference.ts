import type { Kernels } from "./kernels.ts";
import { activationReference } from "./reference/activation.ts";
import { convolutionReference } from "./reference/convolution.ts";
import { copyReference } from "./reference/copy.ts";
import { localResponseNormReference } from "./reference/localResponseNorm.ts";
import { lossReference } from "./reference/loss.ts";
import { normalizationReference } from "./reference/normalization.ts";
import { optimizerReference } from "./reference/optimizer.ts";
import { poolingReference } from "./reference/pooling.ts";
import { vectorReference } from "./reference/vector.ts";
import type { VectorKernels } from "./vectorKernels.ts";

/**
 * One index space of 32-bit elements seen as floats and as integers. Two views of one buffer with f32; with f64, for finite differences,
 * two arrays side by side: an address then holds a float or an integer, whichever its kernels say.
 */
interface ReferenceMemory {
  readonly f32: Float32Array | Float64Array;
  readonly i32: Int32Array;
}

/** What the reference kernels are made from: the memory is asked for in every call, since it may have grown. */
export type ReferenceMemorySource = () => ReferenceMemory;

/**
 * The definition of every kernel as the plainest correct loop: sums in f64, one rounding when a result is stored.
 * The vector kernels round every single operation to f32, as their generated form does.
 */
export function referenceKernels(memory: ReferenceMemorySource): { readonly kernels: Kernels; readonly vector: VectorKernels } {
  return {
    kernels: {
      ...convolutionReference(memory),
      ...poolingReference(memory),
      ...normalizationReference(memory),
      ...activationReference(memory),
      ...copyReference(memory),
      ...localResponseNormReference(memory),
      ...lossReference(memory),
    },
    vector: { ...vectorReference(memory), ...optimizerReference(memory) },
  };
}
