import { erf, sigmoid, tanh } from "../../numerics/erf.ts";
import { exp } from "../../numerics/exp.ts";
import type { Activation, Kernels } from "../kernels.ts";
import type { ReferenceMemorySource } from "../reference.ts";
import { flushFactor } from "./flush.ts";

type ActivationKernels = Pick<Kernels, "activation" | "activationBackward">;

interface ActivationFunction {
  readonly value: (x: number, slope: number) => number;
  /** f′ from the output, but for gelu, which needs the input. */
  readonly derivative: (kept: number, slope: number) => number;
}

const INVERSE_SQRT_TWO_PI = 0.3989422804014327;

/** ReLU keeps NaN. GELU is the exact one, x Φ(x) with Φ(x) = (1 + erf(x/√2)) / 2. */
const ACTIVATIONS: Readonly<Record<Activation, ActivationFunction>> = {
  relu: { value: (x) => Math.max(x, 0), derivative: (y) => (y > 0 ? 1 : 0) },
  leakyRelu: { value: (x, slope) => (x < 0 ? slope * x : x), derivative: (y, slope) => (y > 0 ? 1 : slope) },
  sigmoid: { value: sigmoid, derivative: (y) => y * (1 - y) },
  tanh: { value: tanh, derivative: (y) => 1 - y * y },
  gelu: {
    value: (x) => x * 0.5 * (1 + erf(x * Math.SQRT1_2)),
    derivative: (x) => 0.5 * (1 + erf(x * Math.SQRT1_2)) + x * INVERSE_SQRT_TWO_PI * exp(-0.5 * x * x),
  },
};

export function activationReference(memory: ReferenceMemorySource): ActivationKernels {
  return {
    activation: (kind, slope) => (elements, x, y) => {
      const h = memory().f32;
      for (let i = 0; i < elements; i++) h[y + i] = flushFactor(ACTIVATIONS[kind].value(h[x + i], slope));
    },
    activationBackward: (kind, slope, accumulate) => (elements, x, dy, dx) => {
      const h = memory().f32;
      for (let i = 0; i < elements; i++) {
        const derivative = ACTIVATIONS[kind].derivative(h[x + i], slope);
        // Not a product for the ReLU: 0 · ∞ is not what a closed gate lets through.
        const arriving = kind === "relu" ? h[dy + i] : flushFactor(h[dy + i]);
        const value = derivative === 0 ? 0 : arriving * derivative;
        h[dx + i] = flushFactor(accumulate ? h[dx + i] + value : value);
      }
    },
  };
}
