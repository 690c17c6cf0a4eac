const NICE = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10] as const;

/** Distances between the marks of a time axis, in seconds: those of clocks and calendars. */
export const SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000,
] as const;

/** The least number not below `high` whose fifths are short decimals: where a scale from zero ends. */
export function niceMaximum(high: number): number {
  if (!(high > 0)) return 1;
  const decade = 10 ** Math.floor(Math.log10(high));
  return (NICE.find((nice) => nice * decade >= high) ?? 10) * decade;
}
