import type { Conv2dShape } from "./kernels.ts";

/** A 1×1 convolution: at every pixel the matrix product of its channels with the weights. */
export const POINTWISE = {
  kernelHeight: 1,
  kernelWidth: 1,
  stride: 1,
  padding: 0,
  dilation: 1,
  groups: 1,
} as const satisfies Partial<Conv2dShape>;
