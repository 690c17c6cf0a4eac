import { apply, applyLane, Expression, writeZero } from "./expression.ts";
import { F32x4 } from "./f32x4.ts";
import { I32 } from "./integers.ts";
import { f32x4, i32x4, v128 } from "./opcodes.ts";

/** Four 32-bit integers; also a mask (all bits of a lane set, or none). A number stands for four times itself. */
export class I32x4 extends Expression {
  static of(value: I32x4 | I32 | number): I32x4 {
    if (value instanceof I32x4) return value;
    return value === 0 ? new I32x4(writeZero) : new I32x4(apply(i32x4.splat, I32.of(value)));
  }
  static constant(lanes: readonly [number, number, number, number]): I32x4 {
    return new I32x4((code) => {
      code.op(v128.constant);
      for (const lane of lanes) for (let byte = 0; byte < 4; byte++) code.byte((lane >> (8 * byte)) & 0xff);
    });
  }

  add(other: I32x4 | number): I32x4 {
    return new I32x4(apply(i32x4.add, this, I32x4.of(other)));
  }
  sub(other: I32x4 | number): I32x4 {
    return new I32x4(apply(i32x4.sub, this, I32x4.of(other)));
  }
  mul(other: I32x4 | number): I32x4 {
    return new I32x4(apply(i32x4.mul, this, I32x4.of(other)));
  }
  max(other: I32x4 | number): I32x4 {
    return new I32x4(apply(i32x4.max, this, I32x4.of(other)));
  }
  and(other: I32x4 | number): I32x4 {
    return new I32x4(apply(v128.and, this, I32x4.of(other)));
  }
  or(other: I32x4 | number): I32x4 {
    return new I32x4(apply(v128.or, this, I32x4.of(other)));
  }
  xor(other: I32x4 | number): I32x4 {
    return new I32x4(apply(v128.xor, this, I32x4.of(other)));
  }
  /** This lane where the mask is set, else the other's. */
  whereElse(mask: I32x4, other: I32x4): I32x4 {
    return new I32x4(apply(v128.select, this, other, mask));
  }
  shiftLeft(bits: number): I32x4 {
    return new I32x4(apply(i32x4.shiftLeft, this, I32.of(bits)));
  }
  shiftRight(bits: number): I32x4 {
    return new I32x4(apply(i32x4.shiftRight, this, I32.of(bits)));
  }
  shiftRightUnsigned(bits: number): I32x4 {
    return new I32x4(apply(i32x4.shiftRightUnsigned, this, I32.of(bits)));
  }
  equal(other: I32x4 | number): I32x4 {
    return new I32x4(apply(i32x4.equal, this, I32x4.of(other)));
  }
  less(other: I32x4 | number): I32x4 {
    return new I32x4(apply(i32x4.less, this, I32x4.of(other)));
  }
  lessUnsigned(other: I32x4 | number): I32x4 {
    return new I32x4(apply(i32x4.lessUnsigned, this, I32x4.of(other)));
  }
  /** Whether any bit of any lane is set. */
  any(): I32 {
    return new I32(apply(v128.anyTrue, this));
  }
  /** In how many lanes the mask is set. */
  count(): I32 {
    return new I32(apply(i32x4.bitmask, this)).ones();
  }
  lane(lane: number): I32 {
    return new I32(applyLane(i32x4.lane, this, lane));
  }
  toF32x4(): F32x4 {
    return new F32x4(apply(f32x4.ofI32, this));
  }
  /** The floats with these bits. */
  asF32x4(): F32x4 {
    return new F32x4(this.write);
  }
}
