import { apply, Expression } from "./expression.ts";
import { I32 } from "./integers.ts";
import { control, f32, f64 } from "./opcodes.ts";

/** A single-precision float. */
export class F32 extends Expression {
  static of(value: F32 | number): F32 {
    if (typeof value !== "number") return value;
    return new F32((code) => {
      code.op(f32.constant);
      code.f32(value);
    });
  }

  add(other: F32 | number): F32 {
    return new F32(apply(f32.add, this, F32.of(other)));
  }
  sub(other: F32 | number): F32 {
    return new F32(apply(f32.sub, this, F32.of(other)));
  }
  mul(other: F32 | number): F32 {
    return new F32(apply(f32.mul, this, F32.of(other)));
  }
  div(other: F32 | number): F32 {
    return new F32(apply(f32.div, this, F32.of(other)));
  }
  less(other: F32 | number): I32 {
    return new I32(apply(f32.less, this, F32.of(other)));
  }
  greater(other: F32 | number): I32 {
    return new I32(apply(f32.greater, this, F32.of(other)));
  }
  /** `this` where the condition holds, else `other`; both are computed. */
  onlyIf(condition: I32, other: F32 | number): F32 {
    return new F32(apply(control.select, this, F32.of(other), condition));
  }
  toF64(): F64 {
    return new F64(apply(f64.ofF32, this));
  }
}

/** A double-precision float. */
export class F64 extends Expression {
  static of(value: F64 | number): F64 {
    if (typeof value !== "number") return value;
    return new F64((code) => {
      code.op(f64.constant);
      code.f64(value);
    });
  }

  add(other: F64 | number): F64 {
    return new F64(apply(f64.add, this, F64.of(other)));
  }
  div(other: F64 | number): F64 {
    return new F64(apply(f64.div, this, F64.of(other)));
  }
  toF32(): F32 {
    return new F32(apply(f32.ofF64, this));
  }
}
