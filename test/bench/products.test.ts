import { expect, test } from "vitest";
import { modelCost, modelDefinition } from "../../engine/index.ts";
import { convolutionProducts, stepProducts } from "./products.ts";

const direct = { numerics: "plain", convolution: "direct" } as const;
const winograd = { numerics: "plain", convolution: "winograd" } as const;
const shape = { height: 8, width: 8, channels: 16, outChannels: 32, kernelHeight: 3, kernelWidth: 3 };
const same = { stride: 1, padding: 1, dilation: 1, groups: 1 };

test("products with padding are not counted, and Winograd has its own", () => {
  const taps = 8 * 3 - 2; // along an axis of eight outputs the first and the last miss one
  expect(convolutionProducts({ ...shape, ...same }, direct)).toBe(taps * taps * 16 * 32);
  expect(convolutionProducts({ ...shape, ...same }, winograd)).toBe(2 * 2 * 36 * 16 * 32);
  expect(convolutionProducts({ ...shape, height: 7, width: 7, ...same }, winograd)).toBe(2 * 2 * 36 * 16 * 32);
  expect(convolutionProducts({ ...shape, ...same, outChannels: 16, groups: 16 }, winograd)).toBe(taps * taps * 16);
});

test("Strassen's algorithm saves an eighth of the products of a wide 1×1 convolution, twice for a wider one", () => {
  const pointwise = { ...shape, ...same, kernelHeight: 1, kernelWidth: 1, padding: 0 };
  expect(convolutionProducts({ ...pointwise, channels: 128, outChannels: 256 }, winograd)).toBe((7 / 8) * 64 * 128 * 256);
  expect(convolutionProducts({ ...pointwise, channels: 256, outChannels: 256 }, winograd)).toBe((49 / 64) * 64 * 256 * 256);
  expect(convolutionProducts({ ...pointwise, channels: 256, outChannels: 256 }, direct)).toBe(64 * 256 * 256);
  expect(convolutionProducts({ ...pointwise, channels: 64, outChannels: 256 }, winograd)).toBe(64 * 64 * 256);
});

test("without padding a step has the products of the definition, three times, but for the first layer's input gradient", () => {
  const lenet5 = modelDefinition("lenet5");
  const first = 28 * 28 * 25 * 3 * 6;
  expect(stepProducts(lenet5, 2, winograd)).toBe(2 * (3 * modelCost(lenet5, 1).macs - first));
});
