/** What can go wrong, and how often: mean virtual milliseconds between two of a kind in the whole swarm. */
export interface Faults {
  /** A peer's process ends; what it had sent may or may not arrive. */
  readonly kill: number;
  /** Somebody opens the link. */
  readonly join: number;
  /** A peer does nothing for up to 12 s, and then goes on. */
  readonly freeze: number;
  /** A peer computes up to 20 times slower for a while. */
  readonly slow: number;
  /** All that is under way between two peers is lost, and their link is relayed from then on. */
  readonly breakLink: number;
  /** The same, but one end notices it at once and the other goes on sending into it for up to 5 s. */
  readonly halfOpen: number;
  /** For up to 15 s nothing gets from some to some others: coordinator or peers, both ways or one. */
  readonly partition: number;
  /** A peer's clock runs up to twice as fast or half as fast from now on, and jumps ahead by up to a minute. */
  readonly skew: number;
  /** A peer's connection to the coordinator is lost; it comes back by itself. */
  readonly cutSocket: number;
  /** The coordinator ends, and comes back with its journal and checkpoint. */
  readonly crashCoordinator: number;
  /** Share of the frames between peers that arrive twice. */
  readonly duplicate: number;
  /** Frames between two peers overtake each other. */
  readonly reorder: boolean;
}

const never = Number.POSITIVE_INFINITY;

export const noFaults: Faults = {
  kill: never,
  join: never,
  freeze: never,
  slow: never,
  breakLink: never,
  halfOpen: never,
  partition: never,
  skew: never,
  cutSocket: never,
  crashCoordinator: never,
  duplicate: 0,
  reorder: false,
};

/** By name, as `--faults` takes them. */
export const faultSets: Record<string, Faults> = {
  none: noFaults,
  churn: { ...noFaults, kill: 3000, join: 2500 },
  stragglers: { ...noFaults, freeze: 4000, slow: 3000 },
  network: { ...noFaults, breakLink: 800, halfOpen: 4000, cutSocket: 4000, duplicate: 0.05, reorder: true },
  partitions: { ...noFaults, partition: 3000 },
  clocks: { ...noFaults, skew: 1500, slow: 6000 },
  coordinator: { ...noFaults, crashCoordinator: 5000 },
  all: {
    kill: 6000,
    join: 4000,
    freeze: 9000,
    slow: 6000,
    breakLink: 3000,
    halfOpen: 9000,
    partition: 20_000,
    skew: 8000,
    cutSocket: 8000,
    crashCoordinator: 15_000,
    duplicate: 0.03,
    reorder: true,
  },
};
