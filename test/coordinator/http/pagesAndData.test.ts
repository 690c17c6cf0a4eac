import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createDataset } from "../../../coordinator/data/dataset.ts";
import { listen } from "../../../coordinator/http/listen.ts";
import { createPagesAndData } from "../../../coordinator/http/pagesAndData.ts";
import { MAX_RECORDS_PER_REQUEST, RECORD_BYTES } from "../../../coordinator/protocol/paths.ts";
import { temporaryFolder } from "../temporaryFolder.ts";
import { rawRequest } from "./rawRequest.ts";

/** Records whose every byte is the record's number. */
const numbered = (count: number) => Uint8Array.from({ length: count * RECORD_BYTES }, (_, at) => Math.floor(at / RECORD_BYTES));

function writePages(folder: string): string {
  const pages = join(folder, "pages");
  mkdirSync(join(pages, "assets"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "a secret");
  writeFileSync(join(pages, "index.html"), "<title>dashboard</title>");
  writeFileSync(join(pages, "join.html"), "<title>join</title>");
  writeFileSync(join(pages, ".built"), "a secret");
  writeFileSync(join(pages, "assets/index-Ab3_-xYz.js"), "run();");
  symlinkSync(join(folder, "secret.txt"), join(pages, "link.txt"));
  return pages;
}

async function start() {
  const folder = temporaryFolder();
  const pagesDir = writePages(folder);
  const records = { classes: ["cat"], train: numbered(50), test: numbered(20) };
  let state: object | undefined = { step: 1 };
  const app = await createPagesAndData({
    dataset: createDataset("synthetic", records, ""),
    pagesDir,
    run: (showsLink) => state && { ...state, showsLink },
  });
  const listening = await listen({ app, host: "127.0.0.1", port: 0 });
  onTestFinished(listening.close);
  const setState = (value: object | undefined) => {
    state = value;
  };
  return { ...listening, pagesDir, setState, origin: `http://127.0.0.1:${listening.port}` };
}

test.each([
  ["/", 200, "text/html; charset=utf-8", "no-cache", "<title>dashboard</title>"],
  ["/join?token=abc", 200, "text/html; charset=utf-8", "no-cache", "<title>join</title>"],
  ["/assets/index-Ab3_-xYz.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "run();"],
])("%s is served", async (path, status, type, cacheControl, body) => {
  const { origin } = await start();
  const response = await fetch(origin + path);
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe(type);
  expect(response.headers.get("cache-control")).toBe(cacheControl);
  expect(await response.text()).toBe(body);
  const again = await fetch(origin + path, { headers: { "if-none-match": response.headers.get("etag") as string } });
  expect(again.status).toBe(304);
  const head = await fetch(origin + path, { method: "HEAD" });
  expect(head.status).toBe(200);
  expect(await head.text()).toBe("");
});

test("the pages are those of the start, whatever happens to the folder", async () => {
  const { origin, pagesDir } = await start();
  rmSync(pagesDir, { recursive: true });
  expect((await fetch(origin)).status).toBe(200);
});

test.each([
  "/../secret.txt",
  "/assets/../../secret.txt",
  "/%2e%2e/secret.txt",
  "/..%2fsecret.txt",
  "/assets/..%5c..%5csecret.txt",
  "//secret.txt",
  "/%00",
  "/%ff%fe",
  "/link.txt",
  "/.built",
  "/constructor",
  "/__proto__",
  "/index.html/",
])("nothing but the pages is there: %s", async (path) => {
  const { port } = await start();
  const answer = await rawRequest(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  expect(answer).toContain("There is nothing at /");
  expect(answer).not.toContain("a secret");
});

test.each([
  ["train", 0, 1],
  ["train", 7, 50],
  ["test", 19, 20],
  ["test", 0, 20],
])("/data/%s gives the records %i to %i", async (which, begin, end) => {
  const { origin } = await start();
  const response = await fetch(`${origin}/data/${which}?begin=${begin}&end=${end}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  expect(response.headers.get("content-length")).toBe(String((end - begin) * RECORD_BYTES));
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(numbered(50).subarray(begin * RECORD_BYTES, end * RECORD_BYTES));
});

test.each([
  ["", "Give whole numbers, as in ?begin=0&end=1000; what came is begin=nothing, end=nothing."],
  ["?begin=0", 'Give whole numbers, as in ?begin=0&end=1000; what came is begin="0", end=nothing.'],
  ["?begin=-1&end=3", 'what came is begin="-1", end="3"'],
  ["?begin=0&end=1e3", 'what came is begin="0", end="1e3"'],
  ["?begin=0&end=99999999999999999999", "what came is"],
  ["?begin=3&end=3", "begin must be below end; what came is begin=3, end=3."],
  ["?begin=0&end=21", "There are 20 records: end is at most 20, not 21."],
])("/data/test%s is refused: %s", async (query, sentence) => {
  const { origin } = await start();
  const response = await fetch(`${origin}/data/test${query}`);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain(sentence);
});

test("/data/train gives single records in the order asked for", async () => {
  const { origin } = await start();
  const response = await fetch(`${origin}/data/train?indices=7,3,49,3`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect([0, 1, 2, 3].map((i) => bytes[i * RECORD_BYTES])).toEqual([7, 3, 49, 3]);
  expect(bytes).toHaveLength(4 * RECORD_BYTES);
});

test.each([
  ["?indices=50", 'Records are numbered 0 to 49; what came is "50".'],
  ["?indices=1,,2", 'Records are numbered 0 to 49; what came is "".'],
  ["?indices=1,-1", 'Records are numbered 0 to 49; what came is "-1".'],
  [`?indices=${Array.from({ length: 257 }, () => 1)}`, "One request names at most 256 records, not 257. Ask for a range: ?begin=…&end=…."],
])("/data/train%s is refused in words", async (query, sentence) => {
  const { origin } = await start();
  const response = await fetch(`${origin}/data/train${query}`);
  expect([response.status, await response.text()]).toEqual([400, `${sentence}\n`]);
});

test("a request for too many records is refused", async () => {
  const { selectRecords } = await import("../../../coordinator/http/records.ts");
  const all = new Uint8Array((MAX_RECORDS_PER_REQUEST + 1) * RECORD_BYTES);
  expect(selectRecords(all, { begin: "0", end: String(MAX_RECORDS_PER_REQUEST) })).toMatchObject({ ok: true });
  expect(selectRecords(all, { begin: "0", end: String(MAX_RECORDS_PER_REQUEST + 1) })).toEqual({
    ok: false,
    sentence: `One request gets at most ${MAX_RECORDS_PER_REQUEST} records, not ${MAX_RECORDS_PER_REQUEST + 1}. Ask for them in parts.`,
  });
});

test("/api/run is the state of the moment, as JSON", async () => {
  const { origin, setState } = await start();
  expect(await (await fetch(`${origin}/api/run`)).json()).toEqual({ step: 1, showsLink: true });
  setState({ step: 2, peers: [] });
  const response = await fetch(`${origin}/api/run`);
  expect(await response.json()).toEqual({ step: 2, peers: [], showsLink: true });
  expect(response.headers.get("cache-control")).toBe("no-store");
});

test("WS5 /api/run is asked for with the join link on this machine only", async () => {
  const { port } = await start();
  for (const [header, showsLink] of [
    ["Host: localhost", true],
    ["Host: evil.example", false],
    ["Host: localhost\r\nX-Forwarded-For: 203.0.113.7", false],
  ] as const)
    expect(await rawRequest(port, `GET /api/run HTTP/1.1\r\n${header}\r\nConnection: close\r\n\r\n`)).toContain(
      `{"step":1,"showsLink":${showsLink}}`,
    );
});

test("/api/run says so while there is no run yet", async () => {
  const { origin, setState } = await start();
  setState(undefined);
  const response = await fetch(`${origin}/api/run`);
  expect([response.status, await response.text()]).toEqual([503, "The run is being opened: ask again in a moment.\n"]);
});

test.each(["/peer", "/api/events"])("%s without a WebSocket is explained", async (path) => {
  const { origin } = await start();
  const response = await fetch(origin + path);
  expect(response.status).toBe(426);
  expect(await response.text()).toBe(`${path} is for WebSocket connections.\n`);
});

test.each([
  [
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n",
    "405 Method Not Allowed",
    "POST is not possible here; GET and HEAD are.",
  ],
  ["DELETE /data/train HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed", "DELETE is not possible here"],
  ["GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n", "413 Payload Too Large", "A request here has no body."],
  [`GET /?${"x".repeat(3000)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, "414 URI Too Long", "at most 2048 characters"],
  [`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, "431 Request Header Fields Too Large", ""],
  ["nonsense\r\n\r\n", "400 Bad Request", ""],
])("an oversized or foreign request ends with words and a closed connection: %#", async (request, status, sentence) => {
  const { port } = await start();
  const answer = await rawRequest(port, request);
  expect(answer).toContain(`HTTP/1.1 ${status}`);
  expect(answer).toContain(sentence);
});

test("pages may run their own code and talk to this server, nothing else", async () => {
  const { port } = await start();
  const answer = await rawRequest(port, "GET / HTTP/1.1\r\nHost: 192.168.1.20:8080\r\nConnection: close\r\n\r\n");
  const header = (name: string) => new RegExp(`^${name}: (.*)\r$`, "im").exec(answer)?.[1];
  expect(header("content-security-policy")).toBe(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws://192.168.1.20:8080 wss://192.168.1.20:8080; " +
      "style-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect(header("x-content-type-options")).toBe("nosniff");
  expect(header("referrer-policy")).toBe("no-referrer");
  for (const absent of ["strict-transport-security", "cross-origin-opener-policy", "cross-origin-embedder-policy"])
    expect(header(absent)).toBeUndefined();
});

test("a strange Host header is not copied into the policy", async () => {
  const { port } = await start();
  const answer = await rawRequest(port, "GET / HTTP/1.1\r\nHost: a; script-src *\r\nConnection: close\r\n\r\n");
  expect(answer).not.toContain("script-src *");
});

test.each([
  ["an empty folder", () => undefined, /lacks index\.html\. Build the pages first: npm run build/],
  ["no folder", (folder: string) => rmSync(folder, { recursive: true }), /The pages are not built: .* cannot be read/],
])("%s in place of the pages is said", async (_name, spoil, sentence) => {
  const folder = temporaryFolder();
  spoil(folder);
  const dataset = createDataset("synthetic", { classes: [], train: numbered(1), test: numbered(1) }, "");
  await expect(createPagesAndData({ dataset, pagesDir: folder, run: () => ({}) })).rejects.toThrow(sentence);
});
