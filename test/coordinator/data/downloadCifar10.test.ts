import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readCifar10 } from "../../../coordinator/data/cifar10Folder.ts";
import { downloadCifar10 } from "../../../coordinator/data/downloadCifar10.ts";
import { DownloadFailed } from "../../../coordinator/data/fetchArchive.ts";
import type { Progress } from "../../../coordinator/data/progress.ts";
import { UserError } from "../../../coordinator/options/userError.ts";
import { temporaryFolder } from "../temporaryFolder.ts";
import { closedAddress, serve } from "./archiveServer.ts";
import { makeArchive } from "./fakeCifar10.ts";

let good: Awaited<ReturnType<typeof makeArchive>>;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "tabgrad-archive-"));
  good = await makeArchive(folder);
  rmSync(folder, { recursive: true });
});

function recordProgress(): Progress & { readonly seen: { total: number; received: number; running: boolean } } {
  const seen = { total: 0, received: 0, running: false };
  return {
    seen,
    start: (total) => {
      seen.total = total;
      seen.running = true;
    },
    advance: (bytes) => {
      seen.received += bytes;
    },
    stop: () => {
      seen.running = false;
    },
  };
}

/** Downloads from a server that answers so, with short timeouts. */
async function download(site: string, progress = recordProgress()) {
  const cache = join(temporaryFolder(), "cache");
  const into = join(cache, "cifar-10");
  const sentences: string[] = [];
  const timeouts = { connectMs: 300, idleMs: 300 };
  const run = () => downloadCifar10({ into, site, archive: good.archive, timeouts, progress, say: (sentence) => sentences.push(sentence) });
  return { cache, into, sentences, run };
}

const sendAll: RequestListener = (_request, response) => response.end(good.bytes);

test("the archive is downloaded, checked, unpacked and kept, and nothing else", async () => {
  let asked = "";
  const site = await serve((request, response) => {
    asked = request.url ?? "";
    sendAll(request, response);
  });
  const progress = recordProgress();
  const { cache, into, sentences, run } = await download(`${site}/mirror/`, progress);
  await run();
  expect(asked).toBe("/mirror/cifar-10-binary.tar.gz");
  expect((await readCifar10(into)).train[3 * 30_730_000]).toBe(3);
  expect(readdirSync(cache)).toEqual(["cifar-10"]);
  expect(progress.seen).toEqual({ total: good.bytes.length, received: good.bytes.length, running: false });
  expect(sentences).toEqual([expect.stringMatching(/downloading it from http:.*cifar-10-binary\.tar\.gz/)]);
});

test("$CIFAR10_URL may be the address of the archive itself", async () => {
  const { into, run } = await download(`${await serve(sendAll)}/somewhere/data.tar.gz`);
  await run();
  expect(existsSync(join(into, "test_batch.bin"))).toBe(true);
});

test("leftovers of a killed download and a damaged cache make room; those of a running one stay", async () => {
  const { cache, into, run } = await download(await serve(sendAll));
  const abandoned = 2 ** 30; // above every process id
  for (const name of [`cifar-10.part-${abandoned}`, "cifar-10.part-1", "cifar-10"]) {
    mkdirSync(join(cache, name), { recursive: true });
    writeFileSync(join(cache, name, "data_batch_1.bin"), "half");
  }
  await run();
  await expect(readCifar10(into)).resolves.toBeDefined();
  expect(readdirSync(cache).sort()).toEqual(["cifar-10", "cifar-10.part-1"]);
});

const half = (response: ServerResponse, then?: () => void) => void response.write(good.bytes.subarray(0, good.bytes.length / 2), then);

const failures: [name: string, answer: RequestListener, sentence: RegExp][] = [
  ["404", (_, response) => response.writeHead(404).end("gone"), /answered 404 Not Found/],
  [
    "a connection cut midway",
    (_, response) => half(response.writeHead(200, { "content-length": good.bytes.length }), () => response.destroy()),
    /broke after \d+ of \d+ bytes/,
  ],
  ["an early end", (_, response) => response.end(good.bytes.subarray(0, 1000)), /ended after 1000 of \d+ bytes/],
  ["no answer", () => undefined, /did not answer within 0\.3 s/],
  ["silence midway", (_, response) => half(response), /sent nothing for 0\.3 s/],
];

test.each(failures)("%s is the network's fault, and leaves nothing behind", async (name, answer, sentence) => {
  // An early end without an announced length: only the count of bytes shows it.
  const chunked: RequestListener = (request, response) => {
    if (name === "an early end") response.setHeader("transfer-encoding", "chunked");
    answer(request, response);
  };
  const progress = recordProgress();
  const { cache, run } = await download(await serve(chunked), progress);
  const error = await run().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(DownloadFailed);
  expect((error as Error).message).toMatch(sentence);
  expect(readdirSync(cache)).toEqual([]);
  expect(progress.seen.running).toBe(false);
});

test("an unreachable server is the network's fault", async () => {
  const { run } = await download(await closedAddress());
  await expect(run()).rejects.toThrow(/cannot be reached: .*ECONNREFUSED/);
  await expect(run()).rejects.toBeInstanceOf(DownloadFailed);
});

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 100] = (copy[copy.length - 100] as number) ^ 1;
  return copy;
}

const impostors: [name: string, answer: RequestListener, sentence: RegExp][] = [
  ["a flipped bit", (_, response) => response.end(flipped(good.bytes)), /its MD5 checksum is [0-9a-f]{32} instead of [0-9a-f]{32}/],
  ["another size", (_, response) => response.end("<html>Log in to the network</html>"), /it has 34 bytes instead of \d+/],
  ["too many bytes", (_, response) => response.end(Buffer.concat([good.bytes, Buffer.from("more")])), /it has more than \d+ bytes/],
];

test.each(impostors)("%s is refused, and nothing of it is kept", async (name, answer, sentence) => {
  const site = await serve((request, response) => {
    if (name === "too many bytes") response.setHeader("transfer-encoding", "chunked"); // so that the length is not announced
    answer(request, response);
  });
  const { cache, run } = await download(site);
  const error = await run().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toMatch(sentence);
  expect((error as Error).message).toMatch(/Nothing of it was kept.*--data/);
  expect(readdirSync(cache)).toEqual([]);
});

test("an archive with the right checksum and the wrong content leaves nothing behind", async () => {
  const bytes = new TextEncoder().encode("not a compressed tape archive");
  const archive = { name: "x.tar.gz", bytes: bytes.length, md5: createHash("md5").update(bytes).digest("hex") };
  const cache = temporaryFolder();
  const site = await serve((_, response) => response.end(bytes));
  const run = downloadCifar10({ into: join(cache, "cifar-10"), site, archive, progress: recordProgress(), say: () => undefined });
  await expect(run).rejects.toThrow(/^CIFAR-10 could not be unpacked into|^The archive does not hold CIFAR-10/);
  expect(readdirSync(cache)).toEqual([]);
});

test("an address that is none is refused", async () => {
  const { run } = await download("ftp://example.org");
  await expect(run()).rejects.toThrow(/\$CIFAR10_URL should be the http\(s\) address/);
});
