import { hash64 } from "../kernels/generate/hash64.ts";
import { IMPORT_NAMESPACE, ModuleBuilder } from "../wasm/moduleBuilder.ts";

/** XXH64 of ranges of its own elements, without an engine: of a whole state, the number that `Replica.hash()` shows. */
export interface Hasher {
  readonly elements: Int32Array;
  /** Of elements[begin, end). */
  hash(begin: number, end: number): bigint;
}

const PAGE_BYTES = 65_536;

/** A hasher of so many 32-bit elements, all 0 at first. Compiled at once, for its module has less than a kilobyte. */
export function createHasher(elements: number): Hasher {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * elements) / PAGE_BYTES) });
  const { exports } = new WebAssembly.Instance(compiled(), { [IMPORT_NAMESPACE]: { memory } });
  const run = exports["hash64"] as (count: number, begin: number) => bigint;
  return {
    elements: new Int32Array(memory.buffer, 0, elements),
    hash: (begin, end) => {
      if (begin < 0 || end < begin || end > elements)
        throw new RangeError(`expected a range within ${elements} elements to hash, got ${begin} to ${end}`);
      return BigInt.asUintN(64, run(end - begin, begin));
    },
  };
}

let module: WebAssembly.Module | undefined;

function compiled(): WebAssembly.Module {
  if (module === undefined) {
    const builder = new ModuleBuilder({ fused: false });
    builder.importMemory();
    builder.export("hash64", hash64({ builder }));
    module = new WebAssembly.Module(builder.finish());
  }
  return module;
}
