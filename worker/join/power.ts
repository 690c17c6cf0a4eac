/** How much of the device a volunteer gives, as a number of compute workers. */
export type Power = "eco" | "balanced" | "full";

export const POWER_NAMES = ["eco", "balanced", "full"] as const;

/** Eco: one worker, the fan stays quiet. Balanced: half of the cores, the device stays pleasant to use. Full: every core. */
export function workersFor(power: Power, cores: number): number {
  if (power === "eco") return 1;
  return Math.max(1, power === "full" ? cores : Math.floor(cores / 2));
}
