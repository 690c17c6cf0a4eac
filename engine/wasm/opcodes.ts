/**
 * Opcodes of the WebAssembly core specification (with SIMD and relaxed SIMD) that the kernels use.
 * Numbers with a prefix byte are written prefix · 2^16 + number.
 */
const MISCELLANEOUS = 0xfc << 16;
const SIMD = 0xfd << 16;

export const control = { loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, branchIf: 0x0d, call: 0x10, select: 0x1b } as const;

export const variable = { get: 0x20, set: 0x21, globalGet: 0x23 } as const;

export const memory = { copy: MISCELLANEOUS + 10, fill: MISCELLANEOUS + 11 } as const;

export const i32 = {
  load: 0x28,
  store: 0x36,
  constant: 0x41,
  isZero: 0x45,
  equal: 0x46,
  notEqual: 0x47,
  lessUnsigned: 0x49,
  greater: 0x4a,
  leadingZeros: 0x67,
  ones: 0x69,
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  divUnsigned: 0x6e,
  remUnsigned: 0x70,
  and: 0x71,
  shiftLeft: 0x74,
  shiftRightUnsigned: 0x76,
} as const;

export const i64 = {
  load: 0x29,
  loadU32: 0x35,
  constant: 0x42,
  add: 0x7c,
  mul: 0x7e,
  xor: 0x85,
  shiftLeft: 0x86,
  shiftRightUnsigned: 0x88,
  rotateLeft: 0x89,
  ofU32: 0xad,
} as const;

export const f32 = {
  load: 0x2a,
  store: 0x38,
  constant: 0x43,
  less: 0x5d,
  greater: 0x5e,
  add: 0x92,
  sub: 0x93,
  mul: 0x94,
  div: 0x95,
  ofF64: 0xb6,
} as const;

export const f64 = { constant: 0x44, add: 0xa0, div: 0xa3, ofU32: 0xb8, ofF32: 0xbb } as const;

export const v128 = {
  load: SIMD + 0,
  load32Splat: SIMD + 9,
  store: SIMD + 11,
  constant: SIMD + 12,
  shuffle: SIMD + 13,
  and: SIMD + 78,
  andNot: SIMD + 79,
  or: SIMD + 80,
  xor: SIMD + 81,
  select: SIMD + 82,
  anyTrue: SIMD + 83,
  load32Lane: SIMD + 86,
  store32Lane: SIMD + 90,
  store64Lane: SIMD + 91,
  load32Zero: SIMD + 92,
  load64Zero: SIMD + 93,
} as const;

export const i32x4 = {
  splat: SIMD + 17,
  lane: SIMD + 27,
  equal: SIMD + 55,
  less: SIMD + 57,
  lessUnsigned: SIMD + 58,
  bitmask: SIMD + 164,
  shiftLeft: SIMD + 171,
  shiftRight: SIMD + 172,
  shiftRightUnsigned: SIMD + 173,
  add: SIMD + 174,
  sub: SIMD + 177,
  mul: SIMD + 181,
  max: SIMD + 184,
  ofF32: SIMD + 248,
  ofF64: SIMD + 252,
} as const;

export const i64x2 = { bitmask: SIMD + 196 } as const;

export const f32x4 = {
  splat: SIMD + 19,
  lane: SIMD + 31,
  notEqual: SIMD + 66,
  less: SIMD + 67,
  greater: SIMD + 68,
  ofF64: SIMD + 94,
  nearest: SIMD + 106,
  abs: SIMD + 224,
  negate: SIMD + 225,
  sqrt: SIMD + 227,
  add: SIMD + 228,
  sub: SIMD + 229,
  mul: SIMD + 230,
  div: SIMD + 231,
  pseudoMin: SIMD + 234,
  pseudoMax: SIMD + 235,
  ofI32: SIMD + 250,
  multiplyAdd: SIMD + 0x105,
  negativeMultiplyAdd: SIMD + 0x106,
} as const;

export const f64x2 = {
  splat: SIMD + 20,
  lane: SIMD + 33,
  ofF32: SIMD + 95,
  greater: SIMD + 74,
  floor: SIMD + 117,
  nearest: SIMD + 148,
  abs: SIMD + 236,
  add: SIMD + 240,
  sub: SIMD + 241,
  mul: SIMD + 242,
  pseudoMin: SIMD + 246,
  pseudoMax: SIMD + 247,
  ofU32: SIMD + 255,
} as const;
