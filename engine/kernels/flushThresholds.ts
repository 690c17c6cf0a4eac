/*
 * Denormal numbers (below 2^-126) run up to 180 times slower in WebAssembly, which cannot switch them off: what is that small becomes 0.
 */

/** State that decays: moments, running statistics. They are squares, too, so this is far below the next. */
export const STATE_FLUSHED_BELOW = 1e-30;

/**
 * Maps, their gradients, and parameters: what products are made of. A product of two that are not 0 is 2^-112 at least. That leaves 2^14
 * for Winograd's transforms, whose smallest factor is 2^-6.2, and for what differences lose, so that no kernel meets a denormal number
 * on its way either. Nothing is lost: beside a weight of 2^-5, a change of 2^-56 is far below the last bit.
 */
export const FACTOR_FLUSHED_BELOW = 2 ** -56;
