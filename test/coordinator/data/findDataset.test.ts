import { existsSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { expect, test } from "vitest";
import { type DatasetSearch, findDataset } from "../../../coordinator/data/findDataset.ts";
import { UserError } from "../../../coordinator/options/userError.ts";
import { datasetSchema } from "../../../coordinator/protocol/runConfig.ts";
import { temporaryFolder } from "../temporaryFolder.ts";
import { closedAddress, serve } from "./archiveServer.ts";
import { makeArchive, writeCifar10 } from "./fakeCifar10.ts";

const quiet = { start: () => undefined, advance: () => undefined, stop: () => undefined };

/** A search that finds nothing by itself, in a folder of its own. */
async function search(overrides: Partial<DatasetSearch> = {}) {
  const folder = temporaryFolder();
  const said: string[] = [];
  const base: DatasetSearch = {
    environment: {},
    cache: join(folder, "cache", "cifar-10"),
    download: { site: await closedAddress(), progress: quiet },
    say: (sentence) => said.push(sentence),
  };
  return {
    folder,
    said,
    find: (more: Partial<DatasetSearch> = {}) => findDataset({ ...base, ...overrides, ...more }),
    cache: base.cache as string,
  };
}

test("--data comes before $CIFAR10_DIR, and that before the cache", async () => {
  const { folder, find, cache } = await search();
  for (const name of ["named", "variable", "cache/cifar-10"]) writeCifar10(join(folder, name));
  const environment = { CIFAR10_DIR: join(folder, "variable") };
  expect((await find({ data: join(folder, "named"), environment })).source).toBe(`CIFAR-10 from ${join(folder, "named")}`);
  expect((await find({ environment })).source).toBe(`CIFAR-10 from ${join(folder, "variable")}`);
  expect((await find()).source).toBe(`CIFAR-10 from ${cache}`);
});

test("a data set is described as the protocol wants it, with a digest of all its records", async () => {
  const { folder, find } = await search();
  writeCifar10(folder);
  const { info, train, test: testRecords } = await find({ data: folder });
  expect(v.parse(datasetSchema, info)).toEqual(info);
  expect(info).toMatchObject({ name: "cifar-10", trainRecords: 50_000, testRecords: 10_000 });
  expect(info.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(train.length + testRecords.length).toBe(60_000 * 3073);
  expect((await find({ data: folder })).info.digest).toBe(info.digest);
  writeFileSync(join(folder, "test_batch.bin"), new Uint8Array([4]), { flag: "r+" });
  expect((await find({ data: folder })).info.digest).not.toBe(info.digest);
});

test.each<[origin: RegExp, overrides: (folder: string) => Partial<DatasetSearch>]>([
  [/^--data .*not here: .* does not exist\. /, (folder) => ({ data: join(folder, "not here") })],
  [/^\$CIFAR10_DIR = .*not here: .* does not exist\. /, (folder) => ({ environment: { CIFAR10_DIR: join(folder, "not here") } })],
])("a place that the user named is never replaced by another: %s", async (sentence, overrides) => {
  const { folder, find, cache } = await search();
  writeCifar10(cache);
  const error = await find(overrides(folder)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toMatch(sentence);
  expect((error as UserError).message).toContain("--data synthetic");
});

test("without any, CIFAR-10 is downloaded from $CIFAR10_URL into the cache; the next start takes it from there", async () => {
  const { bytes, archive } = await makeArchive(temporaryFolder());
  let requests = 0;
  const site = await serve((_, response) => {
    requests++;
    response.end(bytes);
  });
  const { find, cache } = await search({ environment: { CIFAR10_URL: site }, download: { archive, progress: quiet } });
  const first = await find();
  expect(first.source).toBe(`CIFAR-10, downloaded into ${cache}`);
  const second = await find();
  expect(second.source).toBe(`CIFAR-10 from ${cache}`);
  expect(second.info).toEqual(first.info);
  expect(requests).toBe(1);
});

test("a damaged cache is said and fetched again", async () => {
  const { bytes, archive } = await makeArchive(temporaryFolder());
  const site = await serve((_, response) => response.end(bytes));
  const { find, cache, said } = await search({ download: { archive, site, progress: quiet } });
  writeCifar10(cache);
  truncateSync(join(cache, "data_batch_4.bin"), 5);
  expect((await find()).source).toBe(`CIFAR-10, downloaded into ${cache}`);
  expect(said[0]).toMatch(/cached CIFAR-10 is damaged and is fetched again: .*data_batch_4\.bin has 5 bytes/);
});

test("an empty variable counts as none", async () => {
  const { find, cache } = await search({ environment: { CIFAR10_DIR: "", CIFAR10_URL: "" } });
  writeCifar10(cache);
  expect((await find()).source).toBe(`CIFAR-10 from ${cache}`);
});

test("without a network the stand-in is drawn, and said to be one", async () => {
  const { find, said, cache } = await search();
  const { info, source } = await find();
  expect(info.name).toBe("synthetic");
  expect(source).toMatch(
    /synthetic stand-in for CIFAR-10, .* because CIFAR-10 could not be downloaded \(.*cannot be reached.*say nothing about CIFAR-10/,
  );
  expect(said.at(-1)).toMatch(/Drawing the synthetic stand-in/);
  expect(existsSync(cache)).toBe(false);
  expect(await find({ data: "synthetic" })).toMatchObject({ info, source: expect.stringContaining("as --data synthetic asks") });
});

test("a wrong archive ends the search: nobody trains on a stand-in because of it", async () => {
  const site = await serve((_, response) => response.end("something else"));
  const { find } = await search({ environment: { CIFAR10_URL: site } });
  await expect(find()).rejects.toThrow(/is not the official cifar-10-binary\.tar\.gz/);
});
