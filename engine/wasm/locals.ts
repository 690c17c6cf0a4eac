import type { Code } from "./code.ts";
import type { Expression } from "./expression.ts";
import { F32x4 } from "./f32x4.ts";
import { F64x2 } from "./f64x2.ts";
import { F32, F64 } from "./floats.ts";
import { I32x4 } from "./i32x4.ts";
import { I32, I64 } from "./integers.ts";
import { variable } from "./opcodes.ts";
import { type LaneCount, Pointer, writeStore } from "./pointer.ts";

/** The types a local or parameter can have, and their codes in the binary format. */
export const VALUE_TYPES = { i32: 0x7f, pointer: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, f32x4: 0x7b, i32x4: 0x7b, f64x2: 0x7b } as const;

export type ValueType = keyof typeof VALUE_TYPES;

/** What a local of each type can do: be read like an expression, be set, and some words of its own. */
export interface LocalOf {
  readonly i32: I32Local;
  readonly pointer: PointerLocal;
  readonly i64: I64Local;
  readonly f32: F32Local;
  readonly f64: F64Local;
  readonly f32x4: F32x4Local;
  readonly i32x4: I32x4Local;
  readonly f64x2: F64x2Local;
}

/** A place in a function: its code and its index among the parameters and locals. */
export interface Slot {
  readonly code: Code;
  readonly index: number;
}

export class I32Local extends I32 {
  declare readonly slot: Slot;
  constructor(slot: Slot) {
    super((code) => get(code, slot));
    this.slot = slot;
  }
  set(value: I32 | number): void {
    set(this.slot, I32.of(value));
  }
  increase(by: I32 | number): void {
    this.set(this.add(by));
  }
}

export class PointerLocal extends Pointer {
  declare readonly slot: Slot;
  constructor(slot: Slot) {
    super((code) => get(code, slot));
    this.slot = slot;
  }
  set(value: Pointer): void {
    set(this.slot, value);
  }
  advance(elements: I32 | number): void {
    if (elements !== 0) this.set(this.plus(elements));
  }
  /** Stores a scalar, or the first `lanes` lanes of a vector, `offset` elements from here. */
  store(value: F32 | I32 | F32x4 | I32x4 | F64x2, offset = 0, lanes: LaneCount = 4): void {
    writeStore(this.slot.code, this, value, offset, lanes);
  }
}

class I64Local extends I64 {
  declare readonly slot: Slot;
  constructor(slot: Slot) {
    super((code) => get(code, slot));
    this.slot = slot;
  }
  set(value: I64 | bigint): void {
    set(this.slot, I64.of(value));
  }
}

export class F32Local extends F32 {
  declare readonly slot: Slot;
  constructor(slot: Slot) {
    super((code) => get(code, slot));
    this.slot = slot;
  }
  set(value: F32 | number): void {
    set(this.slot, F32.of(value));
  }
}

class F64Local extends F64 {
  declare readonly slot: Slot;
  constructor(slot: Slot) {
    super((code) => get(code, slot));
    this.slot = slot;
  }
  set(value: F64 | number): void {
    set(this.slot, F64.of(value));
  }
}

class F32x4Local extends F32x4 {
  declare readonly slot: Slot;
  constructor(slot: Slot) {
    super((code) => get(code, slot));
    this.slot = slot;
  }
  set(value: F32x4 | F32 | number): void {
    set(this.slot, F32x4.of(value));
  }
  /** this += a · b, fused or not as the module's numerics say. */
  fma(a: F32x4, b: F32x4): void {
    this.set(a.multiplyAdd(b, this));
  }
}

class I32x4Local extends I32x4 {
  declare readonly slot: Slot;
  constructor(slot: Slot) {
    super((code) => get(code, slot));
    this.slot = slot;
  }
  set(value: I32x4 | I32 | number): void {
    set(this.slot, I32x4.of(value));
  }
}

class F64x2Local extends F64x2 {
  declare readonly slot: Slot;
  constructor(slot: Slot) {
    super((code) => get(code, slot));
    this.slot = slot;
  }
  set(value: F64x2 | F64 | number): void {
    set(this.slot, F64x2.of(value));
  }
}

const CLASSES: { readonly [T in ValueType]: new (slot: Slot) => LocalOf[T] } = {
  i32: I32Local,
  pointer: PointerLocal,
  i64: I64Local,
  f32: F32Local,
  f64: F64Local,
  f32x4: F32x4Local,
  i32x4: I32x4Local,
  f64x2: F64x2Local,
};

export function localOf<T extends ValueType>(type: T, slot: Slot): LocalOf[T] {
  return new CLASSES[type](slot);
}

function get(code: Code, slot: Slot): void {
  if (code !== slot.code) throw new Error(`local ${slot.index} belongs to another function than the one being written`);
  code.op(variable.get);
  code.unsigned(slot.index);
}

function set(slot: Slot, value: Expression): void {
  value.write(slot.code);
  slot.code.op(variable.set);
  slot.code.unsigned(slot.index);
}
