import type { FunctionBuilder, FunctionHandle } from "../../wasm/functionBuilder.ts";
import type { I32Local, PointerLocal } from "../../wasm/locals.ts";
import type { ModuleBuilder } from "../../wasm/moduleBuilder.ts";
import { Pointer } from "../../wasm/pointer.ts";

/** The module into which kernels are generated. */
export interface KernelModule {
  readonly builder: ModuleBuilder;
  /** Where the scratch area begins: memory that a kernel may use while it runs. */
  readonly scratch: Pointer;
}

/** A kernel for one shape, before it is written: how much scratch memory it needs, and how it is generated. */
export interface Recipe {
  readonly scratchElements: number;
  generate(module: KernelModule): FunctionHandle;
}

type BuffersOf<Names extends readonly string[]> = { [K in keyof Names]: PointerLocal };

/** A kernel that needs no scratch memory: called with a count and with the addresses of the named buffers. */
export function recipe<const Names extends readonly string[]>(
  buffers: Names,
  body: (f: FunctionBuilder, count: I32Local, ...buffers: BuffersOf<Names>) => void,
): Recipe {
  return { scratchElements: 0, generate: (module) => kernelFunction(module, buffers, body) };
}

/** The function of a kernel. It is called with indices of elements; its body sees pointers. */
export function kernelFunction<const Names extends readonly string[]>(
  module: KernelModule,
  buffers: Names,
  body: (f: FunctionBuilder, count: I32Local, ...buffers: BuffersOf<Names>) => void,
): FunctionHandle {
  const parameters = ["i32", ...buffers.map(() => "i32" as const)] as ["i32", ...(readonly "i32"[])];
  return module.builder.function(parameters, (f, count, ...addresses) => {
    const pointers = addresses.map((address) => f.pointer(Pointer.toElement(address)));
    body(f, count, ...(pointers as unknown as BuffersOf<Names>));
  });
}
