import { directCost, type Lines, twoLevelCost } from "../../coordinator/protocol/costModel.ts";
import { packedBytes } from "../../worker/collective/packedIntegers.ts";
import { slicesOf } from "../../worker/collective/vectorLayout.ts";
import { noFaults } from "./faults.ts";
import { Meter } from "./meter.ts";
import { simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import { standIns } from "./standInReplica.ts";
import type { Swarm } from "./swarm.ts";

/** 64 slices of 512 elements of full range (maxima are), so that a thousand peers fit in memory; each line carries 20 Mbit/s each way, 20 ms far. */
const LENGTH = 64 * 512;
const SLOT_MS = 20;
const LINES = { bytesPerMs: 2500, latencyMs: 20 };
const FRAME_HEADER_BYTES = 28;

export interface ScaleResult {
  readonly peers: number;
  readonly topology: "direct" | "two levels";
  /** Of one step: predicted, and measured. */
  readonly messages: readonly [number, number];
  readonly bytes: readonly [number, number];
  readonly ms: readonly [number, number];
  readonly relayed: number;
  /** Links of the peer that has most. */
  readonly links: readonly [number, number];
  /** Messages and bytes of one step that the coordinator hears and says. */
  readonly control: ReadonlyMap<string, { readonly messages: number; readonly bytes: number }>;
  readonly events: number;
}

/** A few steps of so many peers, each with one slot: what crosses the network, against the cost model. */
export async function measureScale(peers: number, topology: ScaleResult["topology"], steps: number): Promise<ScaleResult> {
  const kit = standIns({ train: { length: LENGTH, sumLength: 0 }, evaluate: { length: 3, sumLength: 3 } });
  const config = simulatedConfig({ slots: peers, microBatch: 1, steps: steps + 1, evaluate: false });
  const dataset = { ...config.dataset, trainRecords: 4 * peers };
  const meter = new Meter();
  let links = 0;
  const setUp = (swarm: Swarm) => {
    swarm.meter = meter;
    swarm.flat = topology === "direct";
    swarm.slotMs = () => SLOT_MS;
    swarm.network.latency = () => LINES.latencyMs;
    for (const seat of swarm.seats) seat.bytesPerMs = LINES.bytesPerMs;
    swarm.onFirst = () => {
      meter.begin();
      links = Math.max(...[...swarm.membership.peers.values()].map((peer) => peer.links.size));
    };
  };
  const { doneAt, events } = await simulate({
    config: { ...config, dataset },
    seed: 1,
    peers,
    faults: noFaults,
    minPeers: peers,
    kit,
    at: new Map([[0, setUp]]),
  });
  const stepMs = ((doneAt.get(steps) as number) - (doneAt.get(0) as number)) / steps;
  const coverageBytes = 4 * Math.ceil(peers / 32);
  const lines: Lines = { ...LINES, overheadBytes: FRAME_HEADER_BYTES + coverageBytes / 2 }; // contributions have one, sums have none
  const slices = slicesOf(LENGTH);
  const bytes = slices.length * packedBytes(new Int32Array(LENGTH / slices.length).fill(2 ** 31 - 1));
  const size = { members: peers, bytes, slices: slices.length };
  const cost = topology === "direct" ? directCost(size, lines) : twoLevelCost(size, lines);
  const perStep = (count: { readonly messages: number; readonly bytes: number }) => ({
    messages: count.messages / steps,
    bytes: count.bytes / steps,
  });
  return {
    peers,
    topology,
    messages: [cost.messages, meter.frames.messages / steps],
    bytes: [cost.bytes, meter.frames.bytes / steps],
    ms: [cost.ms, stepMs - SLOT_MS],
    relayed: meter.relayed.messages / steps,
    links: [cost.links, topology === "direct" ? peers - 1 : links],
    control: new Map([...meter.control].map(([type, count]) => [type, perStep(count)])),
    events,
  };
}
