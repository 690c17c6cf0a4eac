import type { Address } from "../kernels/kernels.ts";
import type { EngineCore } from "../model/core.ts";
import { nextExponent } from "./quantization.ts";
import type { VectorLayout } from "./vectorLayout.ts";

const INITIAL_EXPONENT = 0; // of a tensor whose gradient has been zero so far: |g| < 1

export function initializeExponents({ memory }: EngineCore, layout: VectorLayout, exponents: Address): void {
  memory.i32.fill(INITIAL_EXPONENT, exponents, exponents + layout.tensors.length);
}

/** The exponent of each tensor from a gradient of this replica: before step 0 there is no reduced one. */
export function measureExponents({ memory, vector }: EngineCore, layout: VectorLayout, gradient: Address, exponents: Address): void {
  layout.tensors.forEach(({ offset, elements }, t) => {
    memory.i32[exponents + t] = nextExponent(memory.i32[exponents + t], vector.maxExponent(elements, gradient + offset));
  });
}
