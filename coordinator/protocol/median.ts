/** The middle of the values, the upper one of two; 0 of none. Both sides judge by it who takes longer than usual. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
