import { paths, RECORD_BYTES } from "../../coordinator/protocol/paths.ts";

export type Split = "train" | "test";

/** Records `begin` to `end` − 1, or these ones in this order. */
export type Wanted = { readonly begin: number; readonly end: number } | { readonly indices: readonly number[] };

/** A request without an answer for so long is given up and made again, after a pause that grows with every attempt: half a minute in all. */
const REQUEST_DEADLINE_MS = 60_000;
const ATTEMPTS = 7;
const FIRST_PAUSE_MS = 500;

/** Asks the coordinator for records; throws when it has not sent them whole after some attempts. */
export async function requestRecords(origin: string, split: Split, wanted: Wanted): Promise<Uint8Array> {
  const url = new URL(split === "train" ? paths.trainRecords : paths.testRecords, origin);
  const query = "indices" in wanted ? `indices=${wanted.indices.join(",")}` : `begin=${wanted.begin}&end=${wanted.end}`;
  url.search = query;
  const expected = ("indices" in wanted ? wanted.indices.length : wanted.end - wanted.begin) * RECORD_BYTES;
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
      if (!response.ok) throw new Error(`the coordinator answered ${response.status}: ${await response.text()}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length !== expected) throw new Error(`${expected} bytes were expected, ${bytes.length} came`);
      return bytes;
    } catch (error) {
      failure = error;
    }
  }
  throw new Error(`images (${query.slice(0, 60)}) could not be fetched from ${origin} in ${ATTEMPTS} attempts`, { cause: failure });
}
