import { Presets, SingleBar } from "cli-progress";

/** Shows how far something has come, in bytes. */
export interface Progress {
  start(totalBytes: number): void;
  advance(bytes: number): void;
  /** Called once after each start, also after a failure. */
  stop(): void;
}

const MB = 1_000_000;
const NO_TERMINAL_INTERVAL_MS = 5_000; // a log file gets a line now and then, not a moving bar

/** A bar in the terminal; plain lines where the output is not one. */
export function terminalProgress(label: string): Progress {
  const bar = new SingleBar(
    {
      format: `${label} [{bar}] {percentage}% | {value} of {total} MB | {eta_formatted} left`,
      formatValue: (value, _options, type) => (type === "value" || type === "total" ? (value / MB).toFixed(0) : String(value)),
      noTTYOutput: true,
      notTTYSchedule: NO_TERMINAL_INTERVAL_MS,
    },
    Presets.legacy,
  );
  return {
    start: (totalBytes) => bar.start(totalBytes, 0),
    advance: (bytes) => bar.increment(bytes),
    stop: () => bar.stop(),
  };
}
