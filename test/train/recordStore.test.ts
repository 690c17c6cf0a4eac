import { expect, test } from "vitest";
import { RECORD_BYTES } from "../../coordinator/protocol/paths.ts";
import type { Split, Wanted } from "../../worker/data/recordRequests.ts";
import { RecordStore } from "../../worker/data/recordStore.ts";

const COUNTS = { train: 1100, test: 300 };

/** Records whose first two bytes are their number. */
function recordsOf(wanted: Wanted): Uint8Array {
  const indices = "indices" in wanted ? wanted.indices : Array.from({ length: wanted.end - wanted.begin }, (_, i) => wanted.begin + i);
  const bytes = new Uint8Array(indices.length * RECORD_BYTES);
  for (const [i, index] of indices.entries()) bytes.set([index & 255, index >> 8], i * RECORD_BYTES);
  return bytes;
}

const numbers = (bytes: Uint8Array) =>
  Array.from(
    { length: bytes.length / RECORD_BYTES },
    (_, i) => (bytes[i * RECORD_BYTES] as number) + 256 * (bytes[i * RECORD_BYTES + 1] as number),
  );

function scene(answer: (wanted: Wanted) => Promise<Uint8Array> = async (wanted) => recordsOf(wanted)) {
  const requests: { split: Split; wanted: Wanted }[] = [];
  const pauses: number[] = [];
  const closing = new AbortController();
  let [bytes, time] = [0, 0];
  const store = new RecordStore({
    counts: COUNTS,
    request: (split, wanted) => {
      requests.push({ split, wanted });
      time += 100;
      return answer(wanted);
    },
    pause: async (milliseconds) => {
      pauses.push(milliseconds);
      await new Promise((resolve) => setImmediate(resolve));
    },
    now: () => time,
    signal: closing.signal,
    onBytes: (more) => {
      bytes += more;
    },
  });
  const settled = async () => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { store, requests, pauses, settled, closing, bytes: () => bytes };
}

const ask = async (store: RecordStore, ...indices: number[]) => numbers(await store.records("train", Int32Array.from(indices)));

test("the images of a micro-batch are asked for by themselves, in one request, and given in order", async () => {
  const { store, requests } = scene();
  expect(await ask(store, 1000, 3, 700, 3)).toEqual([1000, 3, 700, 3]);
  expect(requests[0]).toEqual({ split: "train", wanted: { indices: [1000, 3, 700] } });
});

test("what lies around them follows in the background, block by block, with rests three times as long as each took", async () => {
  const { store, requests, pauses, settled, bytes } = scene();
  await ask(store, 1000, 3);
  await settled();
  expect(requests.slice(1).map(({ wanted }) => wanted)).toEqual([
    { begin: 1000, end: 1100 },
    { begin: 0, end: 250 },
  ]);
  expect(pauses).toEqual([300, 300]);
  expect(bytes()).toBe((2 + 100 + 250) * RECORD_BYTES);
  expect(await ask(store, 0, 1, 249, 1099)).toEqual([0, 1, 249, 1099]);
  expect(requests).toHaveLength(3); // nothing new was asked for
});

test("two slots that need the same image ask for it once", async () => {
  const { store, requests } = scene();
  const [one, two] = await Promise.all([ask(store, 5, 6), ask(store, 6, 7)]);
  expect([one, two]).toEqual([
    [5, 6],
    [6, 7],
  ]);
  const singles = requests.flatMap(({ wanted }) => ("indices" in wanted ? wanted.indices : []));
  expect(singles).toEqual([5, 6, 7]);
});

test("many images are asked for in several requests", async () => {
  const { store, requests } = scene();
  const all = Array.from({ length: 600 }, (_, i) => i);
  expect(await ask(store, ...all)).toEqual(all);
  const sizes = requests.flatMap(({ wanted }) => ("indices" in wanted ? [wanted.indices.length] : []));
  expect(sizes).toEqual([256, 256, 88]);
});

test("what cannot be fetched fails where it is needed, and is asked for again the next time", async () => {
  let isBroken = true;
  const { store } = scene(async (wanted) => {
    if (isBroken) throw new Error("the network is down");
    return recordsOf(wanted);
  });
  await expect(ask(store, 1)).rejects.toThrow("the network is down");
  isBroken = false;
  expect(await ask(store, 1)).toEqual([1]);
});

test("a failure in the background harms nobody: the images come when they are needed", async () => {
  const { store, settled } = scene(async (wanted) => {
    if (!("indices" in wanted)) throw new Error("the network is down");
    return recordsOf(wanted);
  });
  expect(await ask(store, 1)).toEqual([1]);
  await settled();
  expect(await ask(store, 2)).toEqual([2]);
});

test("nothing more is fetched in the background when the peer has stopped", async () => {
  const { store, requests, settled, closing } = scene();
  await ask(store, 1, 300, 600, 900);
  closing.abort();
  const before = requests.length;
  await settled();
  expect(requests.length).toBeLessThanOrEqual(before + 1);
});
