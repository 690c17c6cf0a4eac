import { apply, Expression } from "./expression.ts";
import { F64 } from "./floats.ts";
import { control, f64, i32, i64 } from "./opcodes.ts";

/** A 32-bit integer; also a truth value (0 is false). Constants may be written as numbers. */
export class I32 extends Expression {
  static of(value: I32 | number): I32 {
    if (typeof value !== "number") return value;
    return new I32((code) => {
      code.op(i32.constant);
      code.signed(value);
    });
  }

  add(other: I32 | number): I32 {
    return other === 0 ? this : new I32(apply(i32.add, this, I32.of(other)));
  }
  sub(other: I32 | number): I32 {
    return new I32(apply(i32.sub, this, I32.of(other)));
  }
  mul(other: I32 | number): I32 {
    return other === 1 ? this : new I32(apply(i32.mul, this, I32.of(other)));
  }
  divUnsigned(other: I32 | number): I32 {
    return other === 1 ? this : new I32(apply(i32.divUnsigned, this, I32.of(other)));
  }
  remUnsigned(other: I32 | number): I32 {
    return new I32(apply(i32.remUnsigned, this, I32.of(other)));
  }
  and(other: I32 | number): I32 {
    return new I32(apply(i32.and, this, I32.of(other)));
  }
  shiftLeft(bits: I32 | number): I32 {
    return new I32(apply(i32.shiftLeft, this, I32.of(bits)));
  }
  shiftRightUnsigned(bits: I32 | number): I32 {
    return new I32(apply(i32.shiftRightUnsigned, this, I32.of(bits)));
  }
  equal(other: I32 | number): I32 {
    return new I32(apply(i32.equal, this, I32.of(other)));
  }
  notEqual(other: I32 | number): I32 {
    return new I32(apply(i32.notEqual, this, I32.of(other)));
  }
  lessUnsigned(other: I32 | number): I32 {
    return new I32(apply(i32.lessUnsigned, this, I32.of(other)));
  }
  greater(other: I32 | number): I32 {
    return new I32(apply(i32.greater, this, I32.of(other)));
  }
  isZero(): I32 {
    return new I32(apply(i32.isZero, this));
  }
  leadingZeros(): I32 {
    return new I32(apply(i32.leadingZeros, this));
  }
  /** How many bits are set. */
  ones(): I32 {
    return new I32(apply(i32.ones, this));
  }
  /** `this` where the condition holds, else `other`; both are computed. */
  onlyIf(condition: I32, other: I32 | number): I32 {
    return new I32(apply(control.select, this, I32.of(other), condition));
  }
  unsignedToF64(): F64 {
    return new F64(apply(f64.ofU32, this));
  }
  unsignedToI64(): I64 {
    return new I64(apply(i64.ofU32, this));
  }
}

/** A 64-bit integer. */
export class I64 extends Expression {
  static of(value: I64 | bigint): I64 {
    if (typeof value !== "bigint") return value;
    return new I64((code) => {
      code.op(i64.constant);
      code.signed64(value);
    });
  }

  add(other: I64 | bigint): I64 {
    return new I64(apply(i64.add, this, I64.of(other)));
  }
  mul(other: I64 | bigint): I64 {
    return new I64(apply(i64.mul, this, I64.of(other)));
  }
  xor(other: I64 | bigint): I64 {
    return new I64(apply(i64.xor, this, I64.of(other)));
  }
  shiftLeft(bits: I64 | bigint): I64 {
    return new I64(apply(i64.shiftLeft, this, I64.of(bits)));
  }
  shiftRightUnsigned(bits: I64 | bigint): I64 {
    return new I64(apply(i64.shiftRightUnsigned, this, I64.of(bits)));
  }
  rotateLeft(bits: I64 | bigint): I64 {
    return new I64(apply(i64.rotateLeft, this, I64.of(bits)));
  }
}
