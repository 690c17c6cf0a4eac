/**
 * Lossless packing of int32 values whose sizes differ from place to place, as quantised gradients' do: blocks of 256 values, each with
 * just as many bits a value as its largest needs.
 *
 *     widths: one byte a block (0 to 32), padded to whole words; then for each block ⌈values · width / 32⌉ words, little-endian
 *
 * Values are zigzag-coded, 0, −1, 1, −2, 2, … as 0, 1, 2, 3, 4, …, so that small ones of either sign have few bits. Value i of a block has
 * the bits from i · width on, counted from the lowest bit of its first word. A width of 0 says that all values of the block are 0.
 */
export const BLOCK_VALUES = 256;

/** How many bytes `packIntegers` makes of these values. */
export function packedBytes(values: Int32Array): number {
  let words = widthWords(values.length);
  for (let begin = 0; begin < values.length; begin += BLOCK_VALUES) {
    const end = Math.min(values.length, begin + BLOCK_VALUES);
    words += blockWords(end - begin, widthOf(values, begin, end));
  }
  return 4 * words;
}

/** Writes the packed values, and returns how many words they took. */
export function packIntegers(values: Int32Array, into: Uint32Array): number {
  const widths = new Uint8Array(into.buffer, into.byteOffset, 4 * widthWords(values.length)).fill(0);
  let at = widthWords(values.length);
  for (let begin = 0, b = 0; begin < values.length; begin += BLOCK_VALUES, b++) {
    const end = Math.min(values.length, begin + BLOCK_VALUES);
    const width = widthOf(values, begin, end);
    widths[b] = width;
    packBlock(values, begin, end, width, into, at);
    at += blockWords(end - begin, width);
  }
  return at;
}

/** Why these words are not `count` packed values; undefined when they are. */
export function packingFault(words: Uint32Array, count: number): string | undefined {
  const header = widthWords(count);
  if (words.length < header) return `${count} values have ${header} words of widths, there are ${words.length} words`;
  const widths = new Uint8Array(words.buffer, words.byteOffset, 4 * header);
  const blocks = Math.ceil(count / BLOCK_VALUES);
  const wrong = widths.findIndex((width, b) => width > (b < blocks ? 32 : 0));
  if (wrong >= 0) return `width ${wrong} is ${widths[wrong]}, for ${blocks} blocks of at most 32 bits a value`;
  let expected = header;
  for (let b = 0; b < blocks; b++) expected += blockWords(Math.min(BLOCK_VALUES, count - b * BLOCK_VALUES), widths[b] as number);
  return expected === words.length ? undefined : `the widths announce ${expected} words, there are ${words.length}`;
}

/** The reverse of `packIntegers`, for words in which `packingFault` finds nothing. */
export function unpackIntegers(words: Uint32Array, count: number): Int32Array {
  const values = new Int32Array(count);
  const widths = new Uint8Array(words.buffer, words.byteOffset, 4 * widthWords(count));
  let at = widthWords(count);
  for (let begin = 0, b = 0; begin < count; begin += BLOCK_VALUES, b++) {
    const end = Math.min(count, begin + BLOCK_VALUES);
    const width = widths[b] as number;
    unpackBlock(words, at, width, values, begin, end);
    at += blockWords(end - begin, width);
  }
  return values;
}

const widthWords = (values: number): number => Math.ceil(values / BLOCK_VALUES / 4);
const blockWords = (values: number, width: number): number => Math.ceil((values * width) / 32);

/** Bits that the largest zigzag-coded value needs: those of the union of all. */
function widthOf(values: Int32Array, begin: number, end: number): number {
  let union = 0;
  for (let i = begin; i < end; i++) union |= zigzag(values[i] as number);
  return 32 - Math.clz32(union);
}

const zigzag = (value: number): number => (value << 1) ^ (value >> 31);
const unzigzag = (code: number): number => (code >>> 1) ^ -(code & 1);

/** Values [begin, end) become words from `first` on. */
function packBlock(values: Int32Array, begin: number, end: number, width: number, into: Uint32Array, first: number): void {
  if (width === 0) return;
  let [word, used, at] = [0, 0, first];
  for (let i = begin; i < end; i++) {
    const code = zigzag(values[i] as number);
    word |= code << used;
    used += width;
    if (used < 32) continue;
    into[at++] = word;
    used -= 32;
    word = used === 0 ? 0 : code >>> (width - used); // a shift by 32 would be one by 0
  }
  if (used > 0) into[at] = word;
}

/** The words from `first` on become values [begin, end). */
function unpackBlock(words: Uint32Array, first: number, width: number, into: Int32Array, begin: number, end: number): void {
  if (width === 0) return;
  const mask = width === 32 ? -1 : (1 << width) - 1;
  for (let i = begin, bit = 32 * first; i < end; i++, bit += width) {
    const [at, from] = [bit >>> 5, bit & 31];
    let code = (words[at] as number) >>> from;
    if (from + width > 32) code |= (words[at + 1] as number) << (32 - from);
    into[i] = unzigzag(code & mask);
  }
}
