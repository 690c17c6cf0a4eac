import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createDataset } from "../../coordinator/data/dataset.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import type { DashboardSnapshot } from "../../coordinator/protocol/dashboard.ts";
import { RECORD_BYTES } from "../../coordinator/protocol/paths.ts";
import { type ServedRun, type ServeRunOptions, serveRun } from "../../coordinator/run/serveRun.ts";
import { rawRequest } from "../coordinator/http/rawRequest.ts";
import { temporaryFolder } from "../coordinator/temporaryFolder.ts";

const dataset = createDataset(
  "synthetic",
  { classes: ["a"], train: new Uint8Array(512 * RECORD_BYTES), test: new Uint8Array(64 * RECORD_BYTES) },
  "",
);
const config = toRunConfig({ model: "lenet5", steps: 3 }, dataset.info);
const nothing = () => undefined;

function serve(changes: Partial<ServeRunOptions> & { readonly root: string }): Promise<ServedRun> {
  return serveRun({ dataset, config, host: "127.0.0.1", port: 0, minPeers: 1, onReason: nothing, onCommit: nothing, ...changes });
}

/** Listens on any free port, until the test has ended. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("a start whose port is taken leaves no run behind", async () => {
  const root = join(temporaryFolder(), "runs");
  const port = await takenPort();
  await expect(serve({ root, port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is taken`);
  expect(existsSync(root)).toBe(false);
});

test("a run that cannot be opened keeps no port", async () => {
  const root = temporaryFolder();
  const first = await serve({ root });
  const port = Number(new URL(first.dashboardUrl).port);
  await first.close();
  await expect(serve({ root, port, resume: "no such run" })).rejects.toThrow(/There is no run to go on with/);
  const second = await serve({ root, port, resume: first.runName });
  expect(second.joinUrls).toEqual(first.joinUrls);
  await second.close();
});

test("WS5 the dashboard that is printed is this machine's own, and only there the run tells its join link", async () => {
  const run = await serve({ root: temporaryFolder(), host: "0.0.0.0" });
  const url = new URL(run.dashboardUrl);
  expect(url.hostname).toBe("127.0.0.1");
  const snapshot = (await (await fetch(new URL("/api/run", url))).json()) as DashboardSnapshot;
  expect(snapshot.joinUrl).toBe(run.joinUrls[0]);
  const elsewhere = await rawRequest(Number(url.port), "GET /api/run HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n");
  expect(elsewhere).toContain('"joinUrl":null');
  expect(elsewhere).not.toContain("token");
  await run.close();
});
