/** Numbers as people read them. Everything here is a pure function of its arguments; the language is always English. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** What stands where there is no number yet. */
export const NONE = "–";

/** 50000 → "50,000" */
export const formatCount = (n: number): string => whole.format(n);

/** Images a second, without the unit: 8.25 → "8.3", 421.6 → "422", 123456 → "123K". */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return NONE;
  if (perSecond >= 99_999.5) return compact.format(perSecond);
  return perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : whole.format(perSecond);
}

/** A share of one: (0.91234, 2) → "91.23%" */
export const formatPercent = (share: number, digits = 1): string => (Number.isFinite(share) ? `${(100 * share).toFixed(digits)}%` : NONE);

/** Bytes in decimal units, three significant digits: 12345678 → "12.3 MB" */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"] as const;
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to 1000 of the smaller unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Two units at most: 45 → "45 s", 200 → "3 min 20 s", 7500 → "2 h 5 min", 360000 → "4 d 4 h" */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return NONE;
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return pair(Math.floor(s / 60), "min", s % 60, "s");
  const minutes = Math.round(s / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(s / 3600);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** Time left; a run without an estimate has `null`. */
export const formatEta = (secondsLeft: number | null): string => (secondsLeft === null ? NONE : formatDuration(secondsLeft));

/** Milliseconds of one step, without the unit: 84.26 → "84.3", 1234 → "1,234" */
export function formatMilliseconds(ms: number): string {
  if (!Number.isFinite(ms)) return NONE;
  return ms < 99.95 ? ms.toFixed(1) : whole.format(ms);
}

/** Loss in nats: 2.30259 → "2.303", 0.01234 → "0.0123" */
export function formatLoss(loss: number): string {
  if (!Number.isFinite(loss)) return NONE;
  return Math.abs(loss) < 0.1 && loss !== 0 ? loss.toPrecision(3) : loss.toFixed(3);
}

/** 0.1 → "0.1", 0.0123456 → "0.0123", 0.00000512 → "5.12e-6" */
export const formatLearningRate = (rate: number): string => String(Number(rate.toPrecision(3)));

/** 64 bits in four groups: "a3f109bc77de0142" → "a3f1 09bc 77de 0142" */
export const formatHash = (hash: string): string => hash.match(/.{1,4}/g)?.join(" ") ?? NONE;

/** Time of day, 24 hours: "14:03:59" */
export const formatTime = (at: number): string => clock.format(at);

/** 1 → "1 peer", 3 → "3 peers" */
export const plural = (n: number, noun: string): string => `${formatCount(n)} ${noun}${n === 1 ? "" : "s"}`;

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
