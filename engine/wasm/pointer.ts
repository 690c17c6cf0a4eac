import type { Code } from "./code.ts";
import { Expression } from "./expression.ts";
import { F32x4 } from "./f32x4.ts";
import { F64x2 } from "./f64x2.ts";
import { F32 } from "./floats.ts";
import type { I32x4 } from "./i32x4.ts";
import { I32, I64 } from "./integers.ts";
import { f32, i32, i64, v128 } from "./opcodes.ts";

/** How many lanes of a vector are loaded or stored: fewer than four at the ragged end of a row. */
export type LaneCount = 1 | 2 | 3 | 4;

/**
 * The address of a 32-bit element. All distances are in elements; constant offsets of loads and stores become part of the
 * instruction and must not be negative (an address plus an offset never wraps around).
 */
export class Pointer extends Expression {
  /** The address of the element with this index in the memory. */
  static toElement(index: I32): Pointer {
    return new Pointer(index.shiftLeft(2).write);
  }

  plus(elements: I32 | number): Pointer {
    if (elements === 0) return this;
    const bytes = typeof elements === "number" ? I32.of(4 * elements) : elements.shiftLeft(2);
    return new Pointer((code) => {
      this.write(code);
      bytes.write(code);
      code.op(i32.add);
    });
  }

  differsFrom(other: Pointer): I32 {
    return new I32(this.write).notEqual(new I32(other.write));
  }

  f32(offset = 0): F32 {
    return new F32(this.#access(f32.load, offset));
  }
  i32(offset = 0): I32 {
    return new I32(this.#access(i32.load, offset));
  }
  /** The element here and the next as one integer, this one in the low half. */
  i64(offset = 0): I64 {
    return new I64(this.#access(i64.load, offset));
  }
  /** The unsigned element here. */
  u32AsI64(offset = 0): I64 {
    return new I64(this.#access(i64.loadU32, offset));
  }
  f32x4(offset = 0): F32x4 {
    return new F32x4(this.#access(v128.load, offset));
  }
  f64x2(offset = 0): F64x2 {
    return new F64x2(this.#access(v128.load, offset));
  }
  /** The one float here in all four lanes. */
  splat(offset = 0): F32x4 {
    return new F32x4(this.#access(v128.load32Splat, offset));
  }
  /** The first `count` floats from here; the other lanes are 0. */
  lanes(count: LaneCount, offset = 0): F32x4 {
    if (count === 4) return this.f32x4(offset);
    if (count === 1) return new F32x4(this.#access(v128.load32Zero, offset));
    const pair = new F32x4(this.#access(v128.load64Zero, offset));
    return count === 2 ? pair : this.#loadLane(2, offset + 2, pair);
  }
  /** `count` floats that lie `stride` elements apart; the other lanes are 0. */
  gather(stride: number, count: LaneCount, offset = 0): F32x4 {
    let vector = new F32x4(this.#access(v128.load32Zero, offset));
    for (let lane = 1; lane < count; lane++) vector = this.#loadLane(lane, offset + lane * stride, vector);
    return vector;
  }

  #loadLane(lane: number, offset: number, rest: F32x4): F32x4 {
    return new F32x4((code) => {
      this.write(code);
      rest.write(code);
      code.memory(v128.load32Lane, 4 * offset);
      code.byte(lane);
    });
  }

  #access(opcode: number, offset: number): (code: Code) => void {
    return (code) => {
      this.write(code);
      code.memory(opcode, 4 * offset);
    };
  }
}

/** Writes the store of `value` at `pointer`: all of it, or its first `lanes` lanes. */
export function writeStore(code: Code, pointer: Pointer, value: F32 | I32 | F32x4 | I32x4 | F64x2, offset: number, lanes: LaneCount): void {
  pointer.write(code);
  value.write(code);
  if (value instanceof F32) {
    code.memory(f32.store, 4 * offset);
  } else if (value instanceof I32) {
    code.memory(i32.store, 4 * offset);
  } else if (lanes === 4) {
    code.memory(v128.store, 4 * offset);
  } else {
    code.memory(lanes === 1 ? v128.store32Lane : v128.store64Lane, 4 * offset);
    code.byte(0);
  }
  if (lanes !== 3) return;
  pointer.write(code);
  value.write(code);
  code.memory(v128.store32Lane, 4 * (offset + 2));
  code.byte(2);
}
