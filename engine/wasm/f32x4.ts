import { apply, applyLane, Expression, writeZero } from "./expression.ts";
import { F64x2 } from "./f64x2.ts";
import { F32 } from "./floats.ts";
import { I32x4 } from "./i32x4.ts";
import { f32x4, f64x2, i32x4, v128 } from "./opcodes.ts";

/** Four floats. A number stands for four times itself. */
export class F32x4 extends Expression {
  static of(value: F32x4 | F32 | number): F32x4 {
    if (value instanceof F32x4) return value;
    return value === 0 ? new F32x4(writeZero) : new F32x4(apply(f32x4.splat, F32.of(value)));
  }

  add(other: F32x4 | number): F32x4 {
    return new F32x4(apply(f32x4.add, this, F32x4.of(other)));
  }
  sub(other: F32x4 | number): F32x4 {
    return new F32x4(apply(f32x4.sub, this, F32x4.of(other)));
  }
  mul(other: F32x4 | number): F32x4 {
    return new F32x4(apply(f32x4.mul, this, F32x4.of(other)));
  }
  div(other: F32x4 | number): F32x4 {
    return new F32x4(apply(f32x4.div, this, F32x4.of(other)));
  }
  /** this · factor + summand: one rounding in fused numerics, two in plain. */
  multiplyAdd(factor: F32x4, summand: F32x4): F32x4 {
    return new F32x4((code) => {
      if (code.fused) {
        apply(f32x4.multiplyAdd, this, factor, summand)(code);
      } else {
        summand.write(code);
        apply(f32x4.mul, this, factor)(code);
        code.op(f32x4.add);
      }
    });
  }
  /** minuend − this · factor: one rounding in fused numerics, two in plain. */
  multiplySubtractFrom(factor: F32x4, minuend: F32x4): F32x4 {
    return new F32x4((code) => {
      if (code.fused) {
        apply(f32x4.negativeMultiplyAdd, this, factor, minuend)(code);
      } else {
        minuend.write(code);
        apply(f32x4.mul, this, factor)(code);
        code.op(f32x4.sub);
      }
    });
  }
  negate(): F32x4 {
    return new F32x4(apply(f32x4.negate, this));
  }
  abs(): F32x4 {
    return new F32x4(apply(f32x4.abs, this));
  }
  sqrt(): F32x4 {
    return new F32x4(apply(f32x4.sqrt, this));
  }
  /** Rounded to integers, half to even. */
  nearest(): F32x4 {
    return new F32x4(apply(f32x4.nearest, this));
  }
  /** other < this ? other : this: a NaN in `this` stays. */
  min(other: F32x4 | number): F32x4 {
    return new F32x4(apply(f32x4.pseudoMin, this, F32x4.of(other)));
  }
  /** this < other ? other : this: a NaN in `this` stays. */
  max(other: F32x4 | number): F32x4 {
    return new F32x4(apply(f32x4.pseudoMax, this, F32x4.of(other)));
  }
  less(other: F32x4 | number): I32x4 {
    return new I32x4(apply(f32x4.less, this, F32x4.of(other)));
  }
  greater(other: F32x4 | number): I32x4 {
    return new I32x4(apply(f32x4.greater, this, F32x4.of(other)));
  }
  isNaN(): I32x4 {
    return new I32x4(apply(f32x4.notEqual, this, this));
  }
  /** This lane where the mask is set, else 0. */
  where(mask: I32x4): F32x4 {
    return new F32x4(apply(v128.and, this, mask));
  }
  /** This lane where the mask is not set, else 0. */
  except(mask: I32x4): F32x4 {
    return new F32x4(apply(v128.andNot, this, mask));
  }
  /** This lane where the mask is set, else the other's. */
  whereElse(mask: I32x4, other: F32x4): F32x4 {
    return new F32x4(apply(v128.select, this, other, mask));
  }
  /** Lanes chosen from this (0–3) and the other (4–7). */
  shuffle(other: F32x4, lanes: readonly [number, number, number, number]): F32x4 {
    return new F32x4((code) => {
      apply(v128.shuffle, this, other)(code);
      for (const lane of lanes) for (let byte = 0; byte < 4; byte++) code.byte(4 * lane + byte);
    });
  }
  lane(lane: number): F32 {
    return new F32(applyLane(f32x4.lane, this, lane));
  }
  /** Truncated to integers, saturating; NaN becomes 0. */
  toI32x4(): I32x4 {
    return new I32x4(apply(i32x4.ofF32, this));
  }
  /** Lanes 0 and 1 in double precision. */
  lowToF64x2(): F64x2 {
    return new F64x2(apply(f64x2.ofF32, this));
  }
  /** Lanes 2 and 3 in double precision. */
  highToF64x2(): F64x2 {
    return this.shuffle(this, [2, 3, 2, 3]).lowToF64x2();
  }
  bits(): I32x4 {
    return new I32x4(this.write);
  }
}
