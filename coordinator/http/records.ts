import { MAX_RECORDS_PER_REQUEST, RECORD_BYTES } from "../protocol/paths.ts";

/** The asked-for records, or a sentence that says why not. */
export type RecordsAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly sentence: string };

/** `?begin=…&end=…`: the records begin … end - 1 of `all`, as a view without a copy. */
export function selectRecords(
  all: Uint8Array,
  query: { readonly begin?: string | undefined; readonly end?: string | undefined },
): RecordsAnswer {
  const count = all.length / RECORD_BYTES;
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

const no = (sentence: string): RecordsAnswer => ({ ok: false, sentence });

const parseIndex = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

const quote = (text: string | undefined): string => (text === undefined ? "nothing" : `"${text.slice(0, 20)}"`);
