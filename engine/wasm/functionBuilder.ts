import { Bytes } from "./bytes.ts";
import { Code } from "./code.ts";
import type { Expression } from "./expression.ts";
import type { F32x4 } from "./f32x4.ts";
import type { F64x2 } from "./f64x2.ts";
import type { F32, F64 } from "./floats.ts";
import type { I32x4 } from "./i32x4.ts";
import { I32, type I64 } from "./integers.ts";
import { type I32Local, type LocalOf, localOf, type PointerLocal, VALUE_TYPES, type ValueType } from "./locals.ts";
import { control, memory } from "./opcodes.ts";
import type { Pointer } from "./pointer.ts";

/** What may be given for a parameter of each type. */
export interface ArgumentOf {
  readonly i32: I32 | number;
  readonly pointer: Pointer;
  readonly i64: I64;
  readonly f32: F32;
  readonly f64: F64;
  readonly f32x4: F32x4;
  readonly i32x4: I32x4;
  readonly f64x2: F64x2;
}

/** A function of the module being built; what it takes is part of its type. */
export interface FunctionHandle<P extends readonly ValueType[] = readonly ValueType[]> {
  readonly index: number;
  readonly parameters: P;
}

/** A pointer that a `walk` moves, and by how many elements a turn. */
export type Stride = readonly [pointer: PointerLocal, elements: number];

const NO_RESULT = 0x40;

/** Writes one function: its locals, its loops, its calls. Everything happens in the order in which it is written. */
export class FunctionBuilder {
  readonly code: Code;
  readonly #parameters: number;
  readonly #locals: number[] = [];

  constructor(parameters: number, fused: boolean) {
    this.code = new Code(fused);
    this.#parameters = parameters;
  }

  i32(initial?: I32 | number): I32Local {
    return this.#declare("i32", initial);
  }
  i64(initial?: I64 | bigint): LocalOf["i64"] {
    return this.#declare("i64", initial);
  }
  f32(initial?: F32 | number): LocalOf["f32"] {
    return this.#declare("f32", initial);
  }
  f64(initial?: F64 | number): LocalOf["f64"] {
    return this.#declare("f64", initial);
  }
  pointer(initial?: Pointer): PointerLocal {
    return this.#declare("pointer", initial);
  }
  f32x4(initial?: F32x4 | F32 | number): LocalOf["f32x4"] {
    return this.#declare("f32x4", initial);
  }
  i32x4(initial?: I32x4 | I32 | number): LocalOf["i32x4"] {
    return this.#declare("i32x4", initial);
  }
  f64x2(initial?: F64x2 | F64 | number): LocalOf["f64x2"] {
    return this.#declare("f64x2", initial);
  }

  /** body(0), body(1), … body(count − 1). */
  loop(count: I32 | number, body: (index: I32Local) => void): void {
    if (count === 0) return;
    if (count === 1) {
      body(this.i32(0));
      return;
    }
    const end = typeof count === "number" ? count : this.i32(count);
    const index = this.i32();
    this.#unlessZero(end, () => {
      index.set(0);
      this.#doWhile(() => {
        body(index);
        index.increase(1);
        return index.notEqual(end);
      });
    });
  }

  /** `count` turns of the body, all pointers moving on by their stride after each: the loop over the rows of several arrays. */
  walk(count: I32 | number, strides: readonly Stride[], body: () => void): void {
    if (count === 0) return;
    if (count === 1) {
      body();
      for (const [pointer, stride] of strides) pointer.advance(stride);
      return;
    }
    const [leader, ...others] = strides;
    if (leader === undefined || leader[1] === 0) throw new Error("the first pointer of a walk is expected to move: it tells the end");
    const turns = typeof count === "number" ? count : this.i32(count);
    this.#unlessZero(turns, () => {
      const elements = typeof turns === "number" ? turns * leader[1] : turns.mul(leader[1]);
      const end = this.pointer(leader[0].plus(elements));
      this.#doWhile(() => {
        body();
        for (const [pointer, stride] of others) pointer.advance(stride);
        leader[0].advance(leader[1]);
        return leader[0].differsFrom(end);
      });
    });
  }

  /** `total` items in chunks: the body is told how many items each has, `size` but for a smaller last one. */
  chunks(total: I32, size: number, body: (count: I32Local) => void): void {
    const rest = this.i32(total);
    const count = this.i32();
    this.#unlessZero(rest, () =>
      this.#doWhile(() => {
        count.set(I32.of(size).onlyIf(rest.greater(size), rest));
        body(count);
        rest.set(rest.sub(count));
        return rest;
      }),
    );
  }

  if(condition: I32, body: () => void, otherwise?: () => void): void {
    condition.write(this.code);
    this.code.op(control.if);
    this.code.byte(NO_RESULT);
    body();
    if (otherwise !== undefined) {
      this.code.op(control.else);
      otherwise();
    }
    this.code.op(control.end);
  }

  call<P extends readonly ValueType[]>(callee: FunctionHandle<P>, ...values: { [K in keyof P]: ArgumentOf[P[K]] }): void {
    for (const value of values as readonly (Expression | number)[]) (typeof value === "number" ? I32.of(value) : value).write(this.code);
    this.code.op(control.call);
    this.code.unsigned(callee.index);
  }

  /** Sets elements to 0. */
  clear(from: Pointer, elements: I32 | number): void {
    from.write(this.code);
    I32.of(0).write(this.code);
    bytesOf(elements).write(this.code);
    this.code.op(memory.fill);
    this.code.byte(0);
  }

  /** Copies elements; the two ranges may overlap. */
  copy(to: Pointer, from: Pointer, elements: I32 | number): void {
    to.write(this.code);
    from.write(this.code);
    bytesOf(elements).write(this.code);
    this.code.op(memory.copy);
    this.code.byte(0);
    this.code.byte(0);
  }

  /** The function's body as the binary format wants it: runs of locals of one type, the code, the end. */
  finish(): Bytes {
    const runs: { type: number; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const body = new Bytes(this.code.length + 32);
    body.unsigned(runs.length);
    for (const run of runs) {
      body.unsigned(run.count);
      body.byte(run.type);
    }
    body.append(this.code);
    body.byte(control.end);
    return body;
  }

  #declare<T extends ValueType>(type: T, initial: Parameters<LocalOf[T]["set"]>[0] | undefined): LocalOf[T] {
    this.#locals.push(VALUE_TYPES[type]);
    const local = localOf(type, { code: this.code, index: this.#parameters + this.#locals.length - 1 });
    if (initial !== undefined) (local as { set(value: typeof initial): void }).set(initial);
    return local;
  }

  #doWhile(body: () => I32): void {
    this.code.op(control.loop);
    this.code.byte(NO_RESULT);
    body().write(this.code);
    this.code.op(control.branchIf);
    this.code.unsigned(0);
    this.code.op(control.end);
  }

  #unlessZero(count: I32 | number, body: () => void): void {
    if (typeof count === "number") body();
    else this.if(count, body);
  }
}

function bytesOf(elements: I32 | number): I32 {
  return typeof elements === "number" ? I32.of(4 * elements) : elements.shiftLeft(2);
}
