import { ROW_SIZE } from "./topology.ts";

/** What a round exchanges. */
export interface ExchangeSize {
  readonly members: number;
  /** Bytes of the vector, and into how many slices it is cut. */
  readonly bytes: number;
  readonly slices: number;
}

/** What carries it: every peer's line has this rate, each way. */
export interface Lines {
  readonly bytesPerMs: number;
  readonly latencyMs: number;
  /** What a message takes beyond its elements: the frame's header and coverage, and those of the layers below. */
  readonly overheadBytes: number;
}

export interface Cost {
  /** Messages and bytes of a round, of all peers together. */
  readonly messages: number;
  readonly bytes: number;
  /** Until everyone has the sum, from when all have computed. */
  readonly ms: number;
  /** Links of the peer that has most. */
  readonly links: number;
}

type CostModel = (size: ExchangeSize, lines: Lines) => Cost;

/**
 * Everyone sends each slice to its owner, who sends the sum to everyone: 2 steps, 2 · k · (P − 1) messages for k slices.
 * In each step the busiest line carries what everyone sends to the owner of ⌈k / P⌉ slices.
 */
export const directCost: CostModel = (size, lines) => {
  const { members, slices } = size;
  const owned = Math.ceil(slices / members);
  return costOf(size, lines, {
    steps: members > 1 ? 2 : 0,
    busiest: 2 * Math.max(owned * (members - 1), slices - owned),
    links: members - 1,
  });
};

/**
 * To the aggregator of the row, to the owner, and back: 4 steps. As many messages as directly, each over another line: an aggregator has
 * the 31 others of its row for its ⌈k / 32⌉ slices, an owner the other rows for its ⌈k / 64⌉.
 */
export const twoLevelCost: CostModel = (size, lines) => {
  const { members, slices } = size;
  const rows = Math.ceil(members / ROW_SIZE);
  const sizes = rows === 1 ? [members] : [ROW_SIZE, members - ROW_SIZE * (rows - 1)];
  const perColumn = Math.ceil(slices / ROW_SIZE);
  const aggregated = (row: number) => Math.min(slices, perColumn * Math.ceil(ROW_SIZE / row));
  const within = Math.max(...sizes.map((row) => Math.max(aggregated(row) * (row - 1), slices - aggregated(row))));
  const across = rows === 1 ? 0 : Math.max(...sizes.map(aggregated), Math.ceil(slices / (2 * ROW_SIZE)) * (rows - 1));
  return costOf(size, lines, {
    steps: rows > 1 ? 4 : 2,
    busiest: 2 * (within + across),
    links: Math.min(members, ROW_SIZE) - 1 + rows - 1,
  });
};

/** The same messages as directly, each by way of the coordinator: its line carries all of them. */
export const starCost: CostModel = (size, lines) => {
  const { members, slices } = size;
  const messages = 2 * slices * (members - 1);
  const { bytes, ...cost } = costOf(size, lines, { steps: members > 1 ? 4 : 0, busiest: messages, links: 0 });
  return { ...cost, messages: 2 * cost.messages, bytes: 2 * bytes };
};

function costOf(
  { members, bytes, slices }: ExchangeSize,
  { bytesPerMs, latencyMs, overheadBytes }: Lines,
  { steps, busiest, links }: { readonly steps: number; readonly busiest: number; readonly links: number },
): Cost {
  const messages = 2 * slices * (members - 1);
  const messageBytes = bytes / slices + overheadBytes;
  return { messages, bytes: messages * messageBytes, ms: steps * latencyMs + (busiest * messageBytes) / bytesPerMs, links };
}

/** A tab bears so many connections without effort; beyond, a run needs two levels whatever they cost. */
const MOST_LINKS = ROW_SIZE - 1;

/** For what the choice is made: a small network over the lines of a home. */
const USUAL: Omit<ExchangeSize, "members"> & Lines = {
  bytes: 1_000_000,
  slices: 64,
  bytesPerMs: 2500,
  latencyMs: 20,
  overheadBytes: 100,
};

export interface Choice {
  readonly topology: "direct" | "two levels";
  readonly reason: string;
}

/** How a run of so many members exchanges its rounds: what is soonest done with links that a tab bears. */
export function chooseTopology(members: number): Choice {
  const size = { ...USUAL, members };
  const [direct, two] = [directCost(size, USUAL), twoLevelCost(size, USUAL)];
  const costs = ({ links, ms }: Cost) => `${links} links each and ${Math.round(ms)} ms for 1 MB at 20 Mbit/s`;
  if (direct.links <= MOST_LINKS) return { topology: "direct", reason: `${members} peers exchange directly: ${costs(direct)}` };
  return {
    topology: "two levels",
    reason: `${members} peers exchange in rows of ${ROW_SIZE}: ${costs(two)}, instead of ${costs(direct)}`,
  };
}
