import { expect, test } from "vitest";
import { measureCliffs, shapeVariants, variantsOf } from "./cliffs.ts";
import { createHost } from "./host.ts";
import { readOptions } from "./options.ts";

test("of a micro-batch of 32 the last of a shard may have 1, 7 or 31 images; of one of 8, 1 or 7", () => {
  const counts = (images: number) => variantsOf("lenet5", images).flatMap((variant) => variant.images ?? []);
  expect(counts(32)).toEqual([1, 7, 31]);
  expect(counts(8)).toEqual([1, 7]);
});

test("every condition is measured beside the ordinary step, and odd shapes with them", async () => {
  const options = readOptions(["--cliffs", "--models", "lenet5", "--numerics", "plain", "--images", "2", "--rounds", "1", "--window", "1"]);
  const tables = await measureCliffs(createHost(), options, () => undefined);
  expect(tables.map(({ name, rows }) => [name, rows.length])).toEqual([
    ["lenet5, plain", variantsOf("lenet5", 2).length],
    ["two convolutions, plain", shapeVariants().length],
  ]);
  for (const { rows } of tables) {
    expect(rows[0]).toMatchObject({ ratio: 1, bestRatio: 1, ratioAMultiplication: 1 });
    for (const { millisecondsAnImage } of rows) expect(millisecondsAnImage).toBeGreaterThan(0);
  }
});
