import { expect, test } from "vitest";
import type { EngineOptions } from "../../../engine/index.ts";
import { startReplica, step } from "./syntheticRun.ts";

const STEPS = 20;

/** The bits of a whole run: any change of a kernel, an order of sums, a layout or a random number shows here. */
const HASHES: readonly (readonly [EngineOptions, string])[] = [
  [{ reference: "float32" }, "9deb0f370a8f986e"],
  [{ numerics: "plain", convolution: "direct" }, "101f69c17b3c0907"],
  [{ numerics: "plain", convolution: "winograd" }, "3043193869dafb36"],
];

/** The same constants in Node and in Chromium. */
export function testGoldenHashes(): void {
  test.each(HASHES)(
    "AR1 twenty steps with %o end with these bits, on one replica and on two, in every JavaScript engine",
    async (options, hash) => {
      const [alone, a, b] = [await startReplica(options), await startReplica(options), await startReplica(options)];
      for (let at = 0; at < STEPS; at++) {
        step([alone], [[0, 1, 2, 3]], at);
        step(
          [a, b],
          at % 2 === 0
            ? [
                [0, 3],
                [2, 1],
              ]
            : [[3], [1, 0, 2]],
          at,
        );
      }
      expect([alone.hash(), a.hash(), b.hash()]).toEqual([hash, hash, hash]);
    },
  );
}
