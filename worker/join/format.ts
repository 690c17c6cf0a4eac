/** The few number formats of the join page; always English. */
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const NONE = "–";

/** 51200 → "51,200" */
export const formatCount = (n: number): string => whole.format(n);

/** Images a second: 8.25 → "8.3", 421.6 → "422" */
export const formatRate = (perSecond: number): string =>
  perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : whole.format(perSecond);

/** 0.16667 → "16.7%" */
export const formatPercent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** In decimal units: 12345678 → "12.3 MB" */
export function formatBytes(bytes: number): string {
  if (bytes < 999.5) return `${whole.format(bytes)} B`;
  const unit = bytes < 999_500 ? "kB" : bytes < 999.5e6 ? "MB" : "GB";
  const value = bytes / { kB: 1e3, MB: 1e6, GB: 1e9 }[unit];
  return `${value < 99.95 ? value.toFixed(1) : whole.format(value)} ${unit}`;
}

/** "a3f109bc77de0142" → "a3f1 09bc 77de 0142" */
export const formatHash = (hash: string): string => hash.match(/.{1,4}/g)?.join(" ") ?? NONE;
