import type { Code } from "./code.ts";
import { v128 } from "./opcodes.ts";

/** Leaves one value on the stack of the function being written. */
export type Write = (code: Code) => void;

/**
 * A typed value that is computed where it is used: building an expression writes nothing, using it (in a `set`, a `store`, a condition)
 * writes its instructions. An expression used twice is computed twice; keep it in a local to compute it once.
 */
export abstract class Expression {
  declare readonly write: Write; // only declared: older V8 takes its time to define a field before it is set

  constructor(write: Write) {
    this.write = write;
  }
}

/** `opcode` applied to the operands, in order. */
export function apply(opcode: number, ...operands: readonly Expression[]): Write {
  const [a, b] = operands;
  if (a !== undefined && b !== undefined && operands.length === 2) {
    return (code) => {
      a.write(code);
      b.write(code);
      code.op(opcode);
    };
  }
  return (code) => {
    for (const operand of operands) operand.write(code);
    code.op(opcode);
  };
}

/** A lane instruction: the operand, then the opcode with the lane's number. */
export function applyLane(opcode: number, operand: Expression, lane: number): Write {
  return (code) => {
    operand.write(code);
    code.op(opcode);
    code.byte(lane);
  };
}

/** Sixteen zero bytes. */
export const writeZero: Write = (code) => {
  code.op(v128.constant);
  for (let byte = 0; byte < 16; byte++) code.byte(0);
};
