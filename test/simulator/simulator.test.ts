import { expect, test } from "vitest";
import { faultSets, noFaults } from "./faults.ts";
import { simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";

const config = simulatedConfig({ steps: 60 });
const alone = simulate({ config, seed: 1, peers: 1, faults: noFaults });

test.each([2, 3, 5, 8, 16])("AR1 %i peers end every round with the bits of one peer", async (peers) => {
  const { hashes } = await simulate({ config, seed: 42, peers, faults: noFaults });
  expect(hashes).toEqual((await alone).hashes);
});

const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
test.each(
  Object.keys(faultSets)
    .filter((name) => name !== "liars")
    .flatMap((name) => seeds.map((seed) => [name, seed] as const)),
)("AR2 SI1 SI2 SI3 SI4 the bits survive faults (%s, seed %i)", async (name, seed) => {
  const { hashes, reasons } = await simulate({ config, seed, peers: 5, faults: faultSets[name] });
  expect(hashes, reasons.join("\n")).toEqual((await alone).hashes);
});
