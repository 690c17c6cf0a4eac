/** The smallest module with a SIMD instruction: (func (result v128) i32.const 0, i8x16.splat). */
const SIMD_MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11]);

/** What this browser lacks to take part, in a sentence; null if it has everything. */
export function missingFeature(): string | null {
  if (typeof WebAssembly !== "object") return "This browser does not run WebAssembly. A current Chrome, Edge, Firefox or Safari does.";
  if (!WebAssembly.validate(SIMD_MODULE))
    return "This browser has no WebAssembly SIMD. Chrome and Edge since 91, Firefox since 89 and Safari since 16.4 have it.";
  if (typeof Worker !== "function") return "This browser has no web workers, or they are switched off.";
  return null;
}
