import { expect, test } from "vitest";
import { median } from "../../coordinator/protocol/median.ts";

test.each([
  [[], 0],
  [[7], 7],
  [[9, 2], 9],
  [[10, 9, 100], 10], // as numbers, not as texts
  [[4, 1, 3, 2], 3],
])("the median of %j is %i", (values, middle) => {
  const before = [...values];
  expect(median(values)).toBe(middle);
  expect(values).toEqual(before);
});
