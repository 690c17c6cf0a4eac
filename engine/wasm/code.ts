import { Bytes } from "./bytes.ts";

/** The instructions of one function. */
export class Code extends Bytes {
  /** Whether `multiplyAdd` is one instruction with one rounding (relaxed SIMD), or a product and a sum. */
  readonly fused: boolean;

  constructor(fused: boolean) {
    super(512);
    this.fused = fused;
  }

  /** An opcode of opcodes.ts: one byte, or a prefix byte and an LEB128 number. */
  op(opcode: number): void {
    if (opcode < 0x100) {
      this.byte(opcode);
    } else {
      this.byte(opcode >>> 16);
      this.unsigned(opcode & 0xffff);
    }
  }

  /** A load or store: opcode, alignment hint (4 bytes: every buffer is an array of 32-bit elements), byte offset. */
  memory(opcode: number, byteOffset: number): void {
    if (!(Number.isInteger(byteOffset) && byteOffset >= 0)) {
      throw new RangeError(`a memory offset is expected to be a whole number of at least 0 bytes, got ${byteOffset}`);
    }
    this.op(opcode);
    this.byte(2);
    this.unsigned(byteOffset);
  }
}
