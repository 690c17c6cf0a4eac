import type { FunctionHandle } from "../../wasm/functionBuilder.ts";
import { IMPORT_NAMESPACE, ModuleBuilder } from "../../wasm/moduleBuilder.ts";
import type { Numerics } from "../kernelSet.ts";
import type { KernelModule } from "./recipe.ts";

/** A function that can be called as soon as it has been linked. */
export type LateFunction = (...values: number[]) => number | bigint | undefined;

interface Entry {
  readonly name: string;
  generate(module: KernelModule): FunctionHandle;
  run: LateFunction;
}

interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly entries: readonly Entry[];
}

interface Place {
  readonly memory: WebAssembly.Memory;
  readonly scratch: number;
}

const SCRATCH_IMPORT = "scratch";

/** Collects generators by name, compiles the new ones into one module when told to, and binds all functions to a memory. */
export class Linker {
  readonly #numerics: Numerics;
  readonly #entries = new Map<string, Entry>();
  readonly #modules: CompiledModule[] = [];
  #pending: Entry[] = [];
  #place: Place | undefined;

  constructor(numerics: Numerics) {
    this.#numerics = numerics;
  }

  /** The function of this name, generated once however often it is asked for. */
  ask(name: string, generate: (module: KernelModule) => FunctionHandle): LateFunction {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { name, generate, run: notLinked(name) };
      this.#entries.set(name, entry);
      this.#pending.push(entry);
    }
    const bound = entry;
    return (...values) => bound.run(...values);
  }

  /** Compiles what is new; binds that, or everything if the memory or the scratch area has moved. */
  async link(memory: WebAssembly.Memory, scratch: number): Promise<void> {
    const moved = this.#place?.memory !== memory || this.#place.scratch !== scratch;
    const unbound = moved ? [...this.#modules] : [];
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length > 0) {
      const compiled = { module: await WebAssembly.compile(this.#generate(pending)), entries: pending };
      this.#modules.push(compiled);
      unbound.push(compiled);
    }
    this.#place = { memory, scratch };
    const imports = { [IMPORT_NAMESPACE]: { memory, [SCRATCH_IMPORT]: 4 * scratch } };
    for (const { module, entries } of unbound) {
      const { exports } = await WebAssembly.instantiate(module, imports);
      for (const [i, entry] of entries.entries()) entry.run = exports[exportName(i)] as LateFunction;
    }
  }

  #generate(entries: readonly Entry[]): Uint8Array {
    const builder = new ModuleBuilder({ fused: this.#numerics === "fused" });
    builder.importMemory();
    const module = { builder, scratch: builder.importPointer(SCRATCH_IMPORT) };
    for (const [i, entry] of entries.entries()) builder.export(exportName(i), entry.generate(module));
    return builder.finish();
  }
}

function exportName(index: number): string {
  return `kernel${index}`;
}

function notLinked(name: string): LateFunction {
  return () => {
    throw new Error(`the kernels are expected to be linked before they run, but ${name} is not`);
  };
}
