/**
 * The safetensors format: a u64 header length, a JSON header { name: { dtype, shape, data_offsets } }, then the data, little-endian.
 */

import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const HEADER_ALIGNMENT = 8; // the header is padded with spaces so that the data begin at a multiple of this

export function writeSafetensors(tensors: readonly NamedTensor[], metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const header: Record<string, HeaderEntry | Readonly<Record<string, string>>> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = encodeUtf8(JSON.stringify(header));
  const start = 8 + Math.ceil(json.length / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  const bytes = new Uint8Array(start + offset).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let position = start;
  for (const { values } of tensors) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return bytes;
}

/** The tensors by name, as f32; F64 and I64 are converted (the latter for PyTorch's counters). */
export function readSafetensors(bytes: Uint8Array): {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
} {
  if (bytes.length < 8) throw new Error(`safetensors: expected at least 8 bytes, got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > bytes.length - 8)
    throw new Error(`safetensors: expected a header within ${bytes.length} bytes, got one of ${headerLength}`);
  const header: unknown = JSON.parse(decodeUtf8(bytes.subarray(8, 8 + headerLength)));
  if (typeof header !== "object" || header === null) throw new Error("safetensors: expected a header that is an object");
  const data = bytes.subarray(8 + headerLength);
  const tensors = new Map<string, NamedTensor>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") metadata = entry as Readonly<Record<string, string>>;
    else tensors.set(name, { name, ...readTensor(name, entry as HeaderEntry, data) });
  }
  return { tensors, metadata };
}

const READERS: Readonly<Record<string, { readonly bytes: number; readonly read: (view: DataView, at: number) => number }>> = {
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  I64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
};

function readTensor(name: string, { dtype, shape, data_offsets }: HeaderEntry, data: Uint8Array): Omit<NamedTensor, "name"> {
  const reader = READERS[dtype];
  if (reader === undefined) throw new Error(`safetensors: expected ${name} as one of ${Object.keys(READERS).join(", ")}, got ${dtype}`);
  const [begin, end] = data_offsets;
  const elements = shape.reduce((a, b) => a * b, 1);
  if (!(begin >= 0 && end <= data.length && end - begin === elements * reader.bytes)) {
    throw new Error(`safetensors: expected ${name} of ${elements * reader.bytes} bytes within ${data.length}, got ${begin} to ${end}`);
  }
  const view = new DataView(data.buffer, data.byteOffset + begin, end - begin);
  return { shape, values: Float32Array.from({ length: elements }, (_, i) => reader.read(view, i * reader.bytes)) };
}
