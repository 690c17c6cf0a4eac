import { apply, applyLane, Expression, writeZero } from "./expression.ts";
import { F32x4 } from "./f32x4.ts";
import { F64 } from "./floats.ts";
import { I32x4 } from "./i32x4.ts";
import { I32 } from "./integers.ts";
import { f32x4, f64x2, i32x4, i64x2 } from "./opcodes.ts";

/** Two doubles. A number stands for two times itself. */
export class F64x2 extends Expression {
  static of(value: F64x2 | F64 | number): F64x2 {
    return value instanceof F64x2 ? value : new F64x2(value === 0 ? writeZero : apply(f64x2.splat, F64.of(value)));
  }
  /** Lanes 0 and 1 of unsigned integers. */
  static ofUnsigned(words: I32x4): F64x2 {
    return new F64x2(apply(f64x2.ofU32, words));
  }

  add(other: F64x2 | number): F64x2 {
    return new F64x2(apply(f64x2.add, this, F64x2.of(other)));
  }
  sub(other: F64x2 | number): F64x2 {
    return new F64x2(apply(f64x2.sub, this, F64x2.of(other)));
  }
  mul(other: F64x2 | number): F64x2 {
    return new F64x2(apply(f64x2.mul, this, F64x2.of(other)));
  }
  abs(): F64x2 {
    return new F64x2(apply(f64x2.abs, this));
  }
  /** The largest integers that are not greater. */
  floor(): F64x2 {
    return new F64x2(apply(f64x2.floor, this));
  }
  /** Rounded to integers, half to even. */
  nearest(): F64x2 {
    return new F64x2(apply(f64x2.nearest, this));
  }
  /** other < this ? other : this. */
  min(other: F64x2 | number): F64x2 {
    return new F64x2(apply(f64x2.pseudoMin, this, F64x2.of(other)));
  }
  /** this < other ? other : this. */
  max(other: F64x2 | number): F64x2 {
    return new F64x2(apply(f64x2.pseudoMax, this, F64x2.of(other)));
  }
  /** In how many of the two lanes this is greater. */
  countGreater(other: F64x2): I32 {
    const mask = new I32(apply(i64x2.bitmask, new I32x4(apply(f64x2.greater, this, other))));
    return mask.ones();
  }
  lane(lane: number): F64 {
    return new F64(applyLane(f64x2.lane, this, lane));
  }
  /** Truncated to integers in lanes 0 and 1, saturating, NaN becomes 0; lanes 2 and 3 are 0. */
  toI32x4(): I32x4 {
    return new I32x4(apply(i32x4.ofF64, this));
  }
  /** Rounded to single precision in lanes 0 and 1; lanes 2 and 3 are 0. */
  toF32x4(): F32x4 {
    return new F32x4(apply(f32x4.ofF64, this));
  }
}
