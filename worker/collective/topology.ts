import { type Coverage, isEmpty } from "./coverage.ts";

/** Who does what in a round, as the view that holds for it says. */
export interface RoundPlan {
  readonly view: number;
  /** Owner of slice j is owners[j mod owners.length]. */
  readonly owners: readonly number[];
  /**
   * No repair has changed the ways of this round: a total is believed only from where this peer sends its contribution. After a repair
   * whoever has a total may be the one to tell it.
   */
  readonly intact?: boolean;
  /** Everyone who needs the reduced slices: members and observers, this peer not among them. */
  readonly receivers: readonly number[];
  /** Of a round on two levels: its rows. Without them every member sends to the owners directly. */
  readonly rows?: readonly Row[];
}

/** Peers whose contributions come together before they go on to the owners. */
export interface Row {
  /** Members and observers. */
  readonly peers: readonly number[];
  /**
   * The member that brings slice j of the row together is aggregators[j mod aggregators.length], unless the slice's owner is of this row;
   * a row without members has none.
   */
  readonly aggregators: readonly number[];
  /** The slots that its members hold. */
  readonly slots: Coverage;
}

/** The ways that slices take in a round, as one peer sees them. */
export interface Topology {
  /** Where this peer sends what it has of slice j; undefined at the owner, where it ends. */
  readonly upstream: (j: number) => number | undefined;
  /** The slots whose pieces of slice j come together at this peer, to go on as one; undefined where none do. */
  readonly gathered: (j: number) => Coverage | undefined;
  /** Whether what comes from that peer is its own contribution, and not the sum of a row. */
  readonly contributes: (sender: number) => boolean;
  /** From whom what the holder of a slot contributes to slice j comes to this peer, where it comes together. */
  readonly source: (j: number, holder: number) => number;
  /** To whom this peer hands on the reduced slice j. */
  readonly audience: (j: number) => readonly number[];
  /** The slice to send first. Where many send to few, each begins elsewhere. */
  readonly first: number;
}

/** `all` is the coverage of every slot of the round. */
export function topologyOf(plan: RoundPlan, self: number, all: Coverage): Topology {
  return plan.rows === undefined ? direct(plan, self, all) : twoLevels(plan, plan.rows, self, all);
}

/**
 * Everyone sends slice j to its owner, who sends the sum to everyone.
 *
 * - Communication steps: 2
 * - Links per peer: P − 1
 */
function direct({ owners, receivers }: RoundPlan, self: number, all: Coverage): Topology {
  const owner = (j: number) => owners[j % owners.length];
  return {
    upstream: (j) => (owner(j) === self ? undefined : owner(j)),
    gathered: (j) => (owner(j) === self ? all : undefined),
    contributes: () => true,
    source: (_, holder) => holder,
    audience: (j) => (owner(j) === self ? receivers : []),
    first: 0,
  };
}

/**
 * Everyone sends slice j to its row's aggregator, who adds up what the row's slots give and sends that to the owner. The sum goes from
 * the owner to the aggregators, and from them to their rows.
 *
 * - Communication steps: 4
 * - Links per peer: about 2 · √P, when the aggregators of a slice are one column
 */
function twoLevels({ owners, receivers }: RoundPlan, rows: readonly Row[], self: number, all: Coverage): Topology {
  const home = rows.find(({ peers }) => peers.includes(self));
  const owner = (j: number) => owners[j % owners.length];
  /** An owner brings its own row together, wherever in it it sits. */
  const aggregator = (row: Row | undefined, j: number) =>
    row?.peers.includes(owner(j)) ? owner(j) : row?.aggregators[j % row.aggregators.length];
  /** Those who hear of slice j from its owner: one of each row, or all of a row without members; and who has no seat. */
  const seated = new Set(rows.flatMap(({ peers }) => peers));
  const fromOwner = (j: number): number[] => {
    const unseated = receivers.filter((peer) => !seated.has(peer));
    return [...rows.flatMap((row) => aggregator(row, j) ?? row.peers), ...unseated];
  };
  const fromAggregator = (j: number): readonly number[] => (aggregator(home, j) === self ? (home?.peers ?? []) : []);
  const contributes = (sender: number) => home?.peers.includes(sender) || !seated.has(sender);
  const rowOf = (peer: number) => rows.find(({ peers }) => peers.includes(peer));
  return {
    upstream: (j) => {
      if (owner(j) === self) return undefined;
      const next = aggregator(home, j);
      return next === undefined || next === self ? owner(j) : next;
    },
    gathered: (j) => {
      if (owner(j) === self) return all;
      return home === undefined || aggregator(home, j) !== self || isEmpty(home.slots) ? undefined : home.slots;
    },
    contributes,
    source: (j, holder) => (contributes(holder) ? holder : (aggregator(rowOf(holder), j) ?? holder)),
    audience: (j) => {
      const peers = [...(owner(j) === self ? fromOwner(j) : []), ...fromAggregator(j)]; // nobody twice: each has one row
      return peers.filter((peer) => peer !== self);
    },
    first: 1 + (home?.aggregators.indexOf(self) ?? 0),
  };
}
