import { expect, test } from "vitest";
import { eigenpairs } from "../../../engine/numerics/eigenvectors.ts";
import { randomValues } from "../ops/differentiated.ts";

const N = 12;

/** B Bᵀ of a random B: symmetric, with eigenvalues of all sizes. */
function randomSymmetric(series: number): number[][] {
  const b = Array.from({ length: N }, (_, i) => [...randomValues(N, series + i)]);
  return b.map((row) => b.map((other) => row.reduce((sum, x, k) => sum + x * other[k], 0)));
}

test("the pairs of a random symmetric matrix satisfy A v = λ v, v is of length 1, and λ falls", () => {
  const a = randomSymmetric(1);
  const pairs = eigenpairs(a);
  expect(pairs).toHaveLength(N);
  pairs.forEach(({ value, vector }, i) => {
    for (const [r, row] of a.entries()) expect(row.reduce((sum, x, k) => sum + x * vector[k], 0)).toBeCloseTo(value * vector[r], 12);
    expect(vector.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 13);
    if (i > 0) expect(value).toBeLessThanOrEqual(pairs[i - 1].value);
    const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most));
    expect(largest).toBeGreaterThan(0);
  });
});

test("their sum is the trace, and different vectors are at right angles", () => {
  const a = randomSymmetric(50);
  const pairs = eigenpairs(a);
  expect(pairs.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(
    a.reduce((sum, row, i) => sum + row[i], 0),
    12,
  );
  expect(pairs[0].vector.reduce((sum, x, k) => sum + x * pairs[5].vector[k], 0)).toBeCloseTo(0, 12);
});

test("a diagonal matrix is its own answer", () => {
  expect(
    eigenpairs([
      [2, 0],
      [0, 3],
    ]),
  ).toEqual([
    { value: 3, vector: [0, 1] },
    { value: 2, vector: [1, 0] },
  ]);
});
