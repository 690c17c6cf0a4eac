import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RECORD_BYTES } from "../../coordinator/protocol/paths.ts";
import { asItIs, DEVIATION, labelOf, MEAN, type Placement, placementOf, writeImage } from "../../worker/train/augment.ts";

const ELEMENTS = 32 * 32 * 3;

/** Two records of which no two pixels in a row are equal. */
const records = Uint8Array.from({ length: 2 * RECORD_BYTES }, (_, i) => (i * 7 + (i >>> 5) * 13) & 255);

const augmented = (cropPadding: number, flip: boolean, seed = 1) => ({ seed, augmentation: { cropPadding, flip } });

/** The definition: the pixel of the record that stands at (y, x) of the shown image, or nothing. */
function pixel(index: number, { dy, dx, flip }: Placement, y: number, x: number, channel: number): number | undefined {
  const [row, column] = [y + dy, (flip ? 31 - x : x) + dx];
  if (row < 0 || row > 31 || column < 0 || column > 31) return undefined;
  return records[index * RECORD_BYTES + 1 + channel * 1024 + row * 32 + column];
}

function shown(index: number, placement: Placement): Float32Array {
  const input = new Float32Array((index + 1) * ELEMENTS).fill(9);
  writeImage(records, index, placement, input);
  return input.subarray(index * ELEMENTS);
}

test("TR3 without crop and flip a pixel is (value / 255 − mean) / deviation", () => {
  const image = shown(1, asItIs);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = pixel(1, asItIs, y, x, channel) as number;
        expect(image[(y * 32 + x) * 3 + channel]).toBe(Math.fround((value / 255 - MEAN[channel]) / DEVIATION[channel]));
      }
    }
  }
});

test("TR3 an image that is moved and mirrored is 0 where nothing of it is", () => {
  const moves = fc.record<Placement>({ dy: fc.integer({ min: -16, max: 16 }), dx: fc.integer({ min: -16, max: 16 }), flip: fc.boolean() });
  const plain = shown(0, asItIs);
  fc.assert(
    fc.property(moves, (placement) => {
      const image = shown(0, placement);
      const expected = Float32Array.from({ length: ELEMENTS }, (_, i) => {
        const [y, x, channel] = [Math.floor(i / 96), Math.floor(i / 3) % 32, i % 3];
        if (pixel(0, placement, y, x, channel) === undefined) return 0;
        return plain[((y + placement.dy) * 32 + (placement.flip ? 31 - x : x) + placement.dx) * 3 + channel];
      });
      expect(image).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

test("TR3 only the image's own place in the input is written", () => {
  const input = new Float32Array(3 * ELEMENTS).fill(9);
  writeImage(records, 1, { dy: 16, dx: 16, flip: true }, input);
  expect(input.subarray(0, ELEMENTS).every((value) => value === 9)).toBe(true);
  expect(input.subarray(ELEMENTS, 2 * ELEMENTS).some((value) => value === 9)).toBe(false);
  expect(input.subarray(2 * ELEMENTS).every((value) => value === 9)).toBe(true);
});

test.each([
  { placement: asItIs, digest: "07373e0615603946a4e7c7a8504cfbe9f8f3f78ce6854141f8b1dbeafada1d58" },
  { placement: { dy: -3, dx: 4, flip: true }, digest: "497d4330b542c4d3de2faeb50d9c4efc95e484153e53bd21f90712ed0ae42b4a" },
])("TR3 the bytes of $placement", ({ placement, digest }) => {
  const image = shown(1, placement);
  const bytes = new Uint8Array(image.buffer, image.byteOffset, image.byteLength);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(digest);
});

test.each([
  { epoch: 0, record: 0, placement: { dy: 3, dx: 1, flip: false } },
  { epoch: 1, record: 0, placement: { dy: 1, dx: 0, flip: false } },
  { epoch: 0, record: 1, placement: { dy: 0, dx: 3, flip: true } },
  { epoch: 1, record: 1, placement: { dy: -1, dx: -1, flip: false } },
  { epoch: 0, record: 49_999, placement: { dy: 0, dx: -1, flip: true } },
  { epoch: 1, record: 49_999, placement: { dy: -3, dx: -3, flip: true } },
])("TR2 image $record in epoch $epoch of seed 1 is shown so", ({ epoch, record, placement }) => {
  expect(placementOf(augmented(4, true), epoch, record)).toEqual(placement);
});

test.each([0, 1, 4, 16])("TR2 with a padding of %i every move of at most so many pixels occurs, and no other", (padding) => {
  const placements = Array.from({ length: 4000 }, (_, record) => placementOf(augmented(padding, true), 7, record));
  const moves = Array.from({ length: 2 * padding + 1 }, (_, i) => i - padding);
  const occurring = (values: number[]) => [...new Set(values)].sort((a, b) => a - b);
  expect(occurring(placements.map(({ dy }) => dy))).toEqual(moves);
  expect(occurring(placements.map(({ dx }) => dx))).toEqual(moves);
  const flipped = placements.filter(({ flip }) => flip).length;
  expect(Math.abs(flipped - 2000)).toBeLessThan(5 * Math.sqrt(1000)); // five standard deviations
});

test("TR2 without flipping no image is mirrored", () => {
  for (let record = 0; record < 500; record++) expect(placementOf(augmented(4, false), 0, record).flip).toBe(false);
});

test("TR2 epochs, images and seeds have placements of their own", () => {
  const series = (seed: number, epoch: number) =>
    JSON.stringify(Array.from({ length: 20 }, (_, i) => placementOf(augmented(4, true, seed), epoch, i)));
  expect(new Set([series(1, 0), series(1, 1), series(2, 0), series(0, 0)]).size).toBe(4);
});

test("TR3 the label is the first byte of a record", () => {
  expect([labelOf(records, 0), labelOf(records, 1)]).toEqual([records[0], records[RECORD_BYTES]]);
});
