import { expect, test } from "vitest";
import { createDataset } from "../../../coordinator/data/dataset.ts";
import { drawSynthetic } from "../../../coordinator/data/synthetic.ts";

const RECORD = 3073;

test("the whole stand-in has these bytes, always and everywhere", () => {
  const { info } = createDataset("synthetic", drawSynthetic(), "");
  expect(info).toEqual({
    name: "synthetic",
    trainRecords: 50_000,
    testRecords: 10_000,
    classes: ["disc", "ring", "square", "frame", "triangle", "plus", "saltire", "horizontal stripes", "vertical stripes", "checkerboard"],
    digest: "0fb3dce46acf6c4a9135e9651779eb5b21fcc8f0cbfc89160ecea7ee7c2cca62",
  });
});

test("every class has as many images as any other, in every ten", () => {
  const { train, test: testRecords } = drawSynthetic(200, 100);
  for (const records of [train, testRecords]) {
    for (let first = 0; first < records.length; first += 10 * RECORD) {
      const labels = Array.from({ length: 10 }, (_, i) => records[first + i * RECORD]);
      expect(labels.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  }
});

test("an image depends on its number alone, and no two are alike", () => {
  const few = drawSynthetic(30, 10);
  const more = drawSynthetic(300, 300);
  expect(more.train.subarray(0, few.train.length)).toEqual(few.train);
  expect(more.test.subarray(0, few.test.length)).toEqual(few.test);
  const images = new Set<string>();
  for (const records of [more.train, more.test]) {
    for (let i = 0; i < 300; i++) images.add(Buffer.from(records.subarray(i * RECORD + 1, (i + 1) * RECORD)).toString("base64"));
  }
  expect(images.size).toBe(600);
});

/** Rows of pixels in 0 … 1. */
function pixelsOf(records: Uint8Array, image: number): Float32Array {
  return Float32Array.from(records.subarray(image * RECORD + 1, (image + 1) * RECORD), (level) => level / 255 - 0.5);
}

/** Softmax regression by SGD: the best that looks at each pixel by itself. */
function trainLinear(records: Uint8Array, epochs: number, rate: number): Float64Array {
  const weights = new Float64Array(10 * 3072);
  for (let n = 0; n < (epochs * records.length) / RECORD; n++) {
    const image = n % (records.length / RECORD);
    const x = pixelsOf(records, image);
    const scores = scoresOf(weights, x);
    const most = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - most));
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (let c = 0; c < 10; c++) {
      const slope = (powers[c] / total - (c === records[image * RECORD] ? 1 : 0)) * rate;
      for (let k = 0; k < 3072; k++) weights[c * 3072 + k] -= slope * x[k];
    }
  }
  return weights;
}

function scoresOf(weights: Float64Array, x: Float32Array): number[] {
  return Array.from({ length: 10 }, (_, c) => {
    let sum = 0;
    for (let k = 0; k < 3072; k++) sum += weights[c * 3072 + k] * x[k];
    return sum;
  });
}

test("a linear model does not learn it", () => {
  const { train, test: testRecords } = drawSynthetic(4000, 1000);
  const weights = trainLinear(train, 3, 0.002);
  let correct = 0;
  for (let i = 0; i < 1000; i++) {
    const scores = scoresOf(weights, pixelsOf(testRecords, i));
    if (scores.indexOf(Math.max(...scores)) === testRecords[i * RECORD]) correct++;
  }
  expect(correct / 1000).toBeLessThan(0.3); // chance is 0.1
});
