import { describe, expect, test } from "vitest";
import * as dashboard from "../../coordinator/dashboard/format.ts";
import * as join from "../../worker/join/format.ts";

describe("the dashboard writes", () => {
  test.each([
    [0, "0"],
    [0.04, "0.0"],
    [8.25, "8.3"],
    [9.96, "10"],
    [421.6, "422"],
    [12_345.4, "12,345"],
    [123_456, "123K"],
    [Number.NaN, "–"],
  ])("a rate of %d as %s", (rate, text) => expect(dashboard.formatRate(rate)).toBe(text));

  test.each([
    [0, 1, "0.0%"],
    [0.18749, 1, "18.7%"],
    [0.912345, 2, "91.23%"],
    [1, 1, "100.0%"],
    [Number.NaN, 1, "–"],
  ])("a share of %d with %i digits as %s", (share, digits, text) => expect(dashboard.formatPercent(share, digits)).toBe(text));

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [9994, "9.99 kB"],
    [99_949, "99.9 kB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [12_345_678, "12.3 MB"],
    [1.074e9, "1.07 GB"],
    [2.5e15, "2.50 PB"],
  ])("%d bytes as %s", (bytes, text) => expect(dashboard.formatBytes(bytes)).toBe(text));

  test.each([
    [-3, "0 s"],
    [0.4, "0 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [200, "3 min 20 s"],
    [3599.6, "1 h"],
    [7500, "2 h 5 min"],
    [86_399, "1 d"],
    [360_000, "4 d 4 h"],
    [Number.POSITIVE_INFINITY, "–"],
  ])("%d seconds as %s", (seconds, text) => expect(dashboard.formatDuration(seconds)).toBe(text));

  test.each([
    [null, "–"],
    [0, "0 s"],
    [355, "5 min 55 s"],
  ])("a time left of %s as %s", (seconds, text) => expect(dashboard.formatEta(seconds)).toBe(text));

  test.each([
    [0.84, "0.8"],
    [99.94, "99.9"],
    [99.95, "100"],
    [1234.4, "1,234"],
    [Number.NaN, "–"],
  ])("%d milliseconds as %s", (ms, text) => expect(dashboard.formatMilliseconds(ms)).toBe(text));

  test.each([
    [Math.LN10, "2.303"],
    [0.1, "0.100"],
    [0.012345, "0.0123"],
    [0, "0.000"],
    [Number.NaN, "–"],
  ])("a loss of %d as %s", (loss, text) => expect(dashboard.formatLoss(loss)).toBe(text));

  test.each([
    [0.1, "0.1"],
    [0.0123456, "0.0123"],
    [0.00000512, "0.00000512"],
    [0.000000512, "5.12e-7"],
  ])("a learning rate of %d as %s", (rate, text) => expect(dashboard.formatLearningRate(rate)).toBe(text));

  test("a hash in groups of four, and peers in the singular where there is one", () => {
    expect(dashboard.formatHash("a3f109bc77de0142")).toBe("a3f1 09bc 77de 0142");
    expect(dashboard.plural(1, "peer")).toBe("1 peer");
    expect(dashboard.plural(1200, "step")).toBe("1,200 steps");
  });
});

describe("the join page writes", () => {
  test.each([
    [0, "0 B"],
    [999.6, "1.0 kB"],
    [12_345_678, "12.3 MB"],
    [999_600, "1.0 MB"],
    [2.5e12, "2,500 GB"],
  ])("%d bytes as %s", (bytes, text) => expect(join.formatBytes(bytes)).toBe(text));

  test("rates, counts, shares and hashes as the dashboard does", () => {
    for (const rate of [0, 8.25, 421.6]) expect(join.formatRate(rate)).toBe(dashboard.formatRate(rate));
    for (const share of [0, 0.18749, 1]) expect(join.formatPercent(share)).toBe(dashboard.formatPercent(share));
    expect(join.formatCount(51_200)).toBe(dashboard.formatCount(51_200));
    expect(join.formatHash("a3f109bc77de0142")).toBe(dashboard.formatHash("a3f109bc77de0142"));
  });
});
