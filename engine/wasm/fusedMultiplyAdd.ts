import { F32x4 } from "./f32x4.ts";
import { ModuleBuilder } from "./moduleBuilder.ts";

interface Probes {
  probe(a: number, c: number): number;
  negativeProbe(a: number, c: number): number;
}

/**
 * Whether this engine has relaxed SIMD and its multiply-add rounds once: (1 + 2^−12)² − (1 + 2^−11) is 2^−24 when the product
 * is not rounded, and 0 when it is. The specification allows both; only the first is the "fused" numerics class.
 */
export function fusedMultiplyAddWorks(): boolean {
  const module = new ModuleBuilder({ fused: true });
  const probe = module.functionWithResult(["f32", "f32"], "f32", (_, a, c) => F32x4.of(a).multiplyAdd(F32x4.of(a), F32x4.of(c)).lane(3));
  const negativeProbe = module.functionWithResult(["f32", "f32"], "f32", (_, a, c) =>
    F32x4.of(a).multiplySubtractFrom(F32x4.of(a), F32x4.of(c)).lane(0),
  );
  module.export("probe", probe);
  module.export("negativeProbe", negativeProbe);
  const bytes = module.finish();
  if (!WebAssembly.validate(bytes)) return false;
  const exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Probes;
  const a = 1 + 2 ** -12;
  const roundedProduct = 1 + 2 ** -11;
  return exports.probe(a, -roundedProduct) === 2 ** -24 && exports.negativeProbe(a, roundedProduct) === -(2 ** -24);
}
