/** Denormal numbers run up to 180 times slower in WebAssembly: state that decays is 0 before it gets there. */
const FLUSH_BELOW = 1e-30;

/** v, or 0 where |v| < 1e−30 (as f32). */
export function flush(v: number): number {
  return Math.abs(v) < Math.fround(FLUSH_BELOW) ? 0 : v;
}
