import { MAX_RECORD_INDICES, MAX_RECORDS_PER_REQUEST, RECORD_BYTES } from "../protocol/paths.ts";

/** The asked-for records, or a sentence that says why not. */
export type RecordsAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly sentence: string };

interface RecordsQuery {
  readonly begin?: string | undefined;
  readonly end?: string | undefined;
  readonly indices?: string | undefined;
}

/** `?begin=…&end=…`: the records begin … end - 1 of `all`, as a view without a copy; `?indices=…,…`: single ones, in this order. */
export function selectRecords(all: Uint8Array, query: RecordsQuery): RecordsAnswer {
  const count = all.length / RECORD_BYTES;
  if (query.indices !== undefined) return selectSingleRecords(all, query.indices.split(","), count);
  const begin = parseIndex(query.begin);
  const end = parseIndex(query.end);
  if (begin === undefined || end === undefined) {
    return no(`Give whole numbers, as in ?begin=0&end=1000; what came is begin=${quote(query.begin)}, end=${quote(query.end)}.`);
  }
  if (begin >= end) return no(`begin must be below end; what came is begin=${begin}, end=${end}.`);
  if (end > count) return no(`There are ${count} records: end is at most ${count}, not ${end}.`);
  if (end - begin > MAX_RECORDS_PER_REQUEST) {
    return no(`One request gets at most ${MAX_RECORDS_PER_REQUEST} records, not ${end - begin}. Ask for them in parts.`);
  }
  return { ok: true, bytes: all.subarray(begin * RECORD_BYTES, end * RECORD_BYTES) as Uint8Array<ArrayBuffer> };
}

function selectSingleRecords(all: Uint8Array, texts: readonly string[], count: number): RecordsAnswer {
  if (texts.length > MAX_RECORD_INDICES)
    return no(`One request names at most ${MAX_RECORD_INDICES} records, not ${texts.length}. Ask for a range: ?begin=…&end=….`);
  const bytes = new Uint8Array(texts.length * RECORD_BYTES);
  for (const [i, text] of texts.entries()) {
    const index = parseIndex(text);
    if (index === undefined || index >= count) return no(`Records are numbered 0 to ${count - 1}; what came is ${quote(text)}.`);
    bytes.set(all.subarray(index * RECORD_BYTES, (index + 1) * RECORD_BYTES), i * RECORD_BYTES);
  }
  return { ok: true, bytes };
}

const no = (sentence: string): RecordsAnswer => ({ ok: false, sentence });

const parseIndex = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

const quote = (text: string | undefined): string => (text === undefined ? "nothing" : `"${text.slice(0, 20)}"`);
