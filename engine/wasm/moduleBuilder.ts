import { Bytes } from "./bytes.ts";
import type { Code } from "./code.ts";
import type { F32x4 } from "./f32x4.ts";
import type { F32, F64 } from "./floats.ts";
import { FunctionBuilder, type FunctionHandle } from "./functionBuilder.ts";
import type { I32, I64 } from "./integers.ts";
import { type LocalOf, localOf, VALUE_TYPES, type ValueType } from "./locals.ts";
import { variable } from "./opcodes.ts";
import { Pointer } from "./pointer.ts";

/** The types a function can return, and the expressions that are such a result. */
export interface ResultOf {
  readonly i32: I32;
  readonly i64: I64;
  readonly f32: F32;
  readonly f64: F64;
  readonly f32x4: F32x4;
}

type LocalsOf<P extends readonly ValueType[]> = { [K in keyof P]: LocalOf[P[K]] };

/** Where imports come from: `{ env: { memory, … } }`. */
export const IMPORT_NAMESPACE = "env";

const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const KIND = { function: 0, memory: 2, global: 3 } as const;
const FUNCTION_TYPE = 0x60;

/** Builds one WebAssembly module: imports of a memory and of addresses, functions, exports. */
export class ModuleBuilder {
  /** Whether multiply-add is one instruction with one rounding. */
  readonly fused: boolean;
  readonly #types = new Map<string, number>();
  readonly #functions: { readonly type: number; readonly builder: FunctionBuilder }[] = [];
  readonly #shared = new Map<string, FunctionHandle>();
  readonly #exports: { readonly name: string; readonly index: number }[] = [];
  readonly #globals: string[] = [];
  #importsMemory = false;

  constructor(options: { readonly fused: boolean }) {
    this.fused = options.fused;
  }

  importMemory(): void {
    this.#importsMemory = true;
  }

  /** An address (in bytes) that is fixed when the module is instantiated. */
  importPointer(name: string): Pointer {
    const index = this.#globals.push(name) - 1;
    return new Pointer((code: Code) => {
      code.op(variable.globalGet);
      code.unsigned(index);
    });
  }

  function<const P extends readonly ValueType[]>(
    parameters: P,
    body: (f: FunctionBuilder, ...parameters: LocalsOf<P>) => void,
  ): FunctionHandle<P> {
    return this.#define(parameters, undefined, body);
  }

  functionWithResult<const P extends readonly ValueType[], R extends keyof ResultOf>(
    parameters: P,
    result: R,
    body: (f: FunctionBuilder, ...parameters: LocalsOf<P>) => ResultOf[R],
  ): FunctionHandle<P> {
    return this.#define(parameters, result, (f, ...locals) => body(f, ...locals).write(f.code));
  }

  /** The function made the first time this key is asked for: kernels with a part in common share it. */
  shared<P extends readonly ValueType[]>(key: string, make: () => FunctionHandle<P>): FunctionHandle<P> {
    const known = this.#shared.get(key);
    if (known !== undefined) return known as FunctionHandle<P>;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }

  export(name: string, exported: FunctionHandle): void {
    this.#exports.push({ name, index: exported.index });
  }

  finish(): Uint8Array {
    const module = new Bytes(1 << 16);
    for (const byte of [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) module.byte(byte); // "\0asm", version 1
    this.#section(module, SECTION.type, [...this.#types.keys()], (out, signature) => writeSignature(out, signature));
    const imports = [...(this.#importsMemory ? [undefined] : []), ...this.#globals];
    if (imports.length > 0) this.#section(module, SECTION.import, imports, writeImport);
    this.#section(module, SECTION.function, this.#functions, (out, { type }) => out.unsigned(type));
    this.#section(module, SECTION.export, this.#exports, (out, { name, index }) => {
      out.text(name);
      out.byte(KIND.function);
      out.unsigned(index);
    });
    this.#section(module, SECTION.code, this.#functions, (out, { builder }) => out.appendCounted(builder.finish()));
    return module.view().slice();
  }

  #define<P extends readonly ValueType[]>(
    parameters: P,
    result: keyof ResultOf | undefined,
    body: (f: FunctionBuilder, ...locals: LocalsOf<P>) => void,
  ): FunctionHandle<P> {
    const signature = `${parameters.map((type) => VALUE_TYPES[type]).join()}>${result === undefined ? "" : VALUE_TYPES[result]}`;
    const type = this.#types.get(signature) ?? this.#types.size;
    this.#types.set(signature, type);
    const builder = new FunctionBuilder(parameters.length, this.fused);
    // The place is taken before the body is written: a body may define the functions that it calls.
    const index = this.#functions.push({ type, builder }) - 1;
    const locals = parameters.map((parameter, at) => localOf(parameter, { code: builder.code, index: at }));
    body(builder, ...(locals as unknown as LocalsOf<P>));
    return { index, parameters };
  }

  #section<T>(module: Bytes, id: number, items: readonly T[], write: (out: Bytes, item: T) => void): void {
    const section = new Bytes(1 << 12);
    section.unsigned(items.length);
    for (const item of items) write(section, item);
    module.byte(id);
    module.appendCounted(section);
  }
}

function writeSignature(out: Bytes, signature: string): void {
  out.byte(FUNCTION_TYPE);
  for (const side of signature.split(">")) {
    const types = side === "" ? [] : side.split(",");
    out.unsigned(types.length);
    for (const type of types) out.byte(Number(type));
  }
}

/** The memory (`undefined`), of any size, or an immutable i32 global by its name. */
function writeImport(out: Bytes, global: string | undefined): void {
  out.text(IMPORT_NAMESPACE);
  if (global === undefined) {
    out.text("memory");
    for (const byte of [KIND.memory, 0, 0]) out.byte(byte);
  } else {
    out.text(global);
    for (const byte of [KIND.global, VALUE_TYPES.i32, 0]) out.byte(byte);
  }
}
