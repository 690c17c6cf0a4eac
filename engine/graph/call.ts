import type { Kernel } from "../kernels/kernels.ts";
import type { Buffer } from "./buffer.ts";

/** How a kernel uses a buffer: "write" replaces all that is in it, "update" reads and writes. */
type Access = "read" | "write" | "update";

export interface Operand {
  readonly buffer: Buffer;
  readonly access: Access;
  /** The kernel leaves nothing in the buffer that is too small for a factor of products (rule KE4). */
  readonly flushes?: boolean;
}

/** One kernel call of a tape; it runs with a count of `perImage` times the images of the micro-batch. */
export interface Call {
  readonly kernel: Kernel;
  readonly perImage: number;
  readonly operands: readonly Operand[];
}

export function read(buffer: Buffer): Operand {
  return { buffer, access: "read" };
}

export function write(buffer: Buffer): Operand {
  return { buffer, access: "write" };
}

export function update(buffer: Buffer): Operand {
  return { buffer, access: "update" };
}

/** An operand that the kernel leaves flushed, unless a condition for that does not hold. */
export function flushing(operand: Operand, condition = true): Operand {
  return { ...operand, flushes: condition };
}

/** The calls with their addresses taken out of the buffers: what runs in every step, without allocating. */
export function bindCalls(calls: readonly Call[]): (images: number) => void {
  const bound = calls.map(({ kernel, perImage, operands }) => ({ kernel, perImage, addresses: operands.map((o) => o.buffer.address) }));
  return (images) => {
    for (const { kernel, perImage, addresses } of bound) kernel(images * perImage, ...addresses);
  };
}
