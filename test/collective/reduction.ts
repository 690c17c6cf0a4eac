import { aggregatorsOf, FREE } from "../../coordinator/protocol/topology.ts";
import { coverageOf } from "../../worker/collective/coverage.ts";
import { decodeFrame, encodeFrame } from "../../worker/collective/frame.ts";
import { RoundExchange } from "../../worker/collective/roundExchange.ts";
import type { RoundPlan, Row } from "../../worker/collective/topology.ts";
import type { VectorLayout } from "../../worker/collective/vectorLayout.ts";
import { combine, type Random } from "./numbers.ts";

export interface ReductionPeer {
  readonly id: number;
  readonly exchange: RoundExchange;
  /** How often it was told that every slice is reduced. */
  reducedCalls: number;
  /** Slots that it has computed. */
  readonly computed: Set<number>;
  /** Plans that the coordinator has sent and the peer has not read. */
  readonly mail: Table[];
  table: Table | undefined;
  alive: boolean;
}

/** Who holds which slot, who owns which slice, who follows. */
export interface Table {
  readonly holders: readonly number[];
  readonly owners: readonly number[];
  readonly peers: readonly number[];
  readonly view: number;
  /** On two levels: seats in a row, and who of the peers is a member; peer n has seat n − 1, if it has one. */
  readonly rows?: { readonly size: number; readonly members: readonly number[]; readonly unseated?: readonly number[] };
}

interface Flight {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** One round among peers whose frames, plans and computations happen in an order that `random` decides; every frame goes through its bytes. */
export class Reduction {
  readonly layout: VectorLayout;
  readonly slots: number;
  readonly peers = new Map<number, ReductionPeer>();
  readonly flights: Flight[] = [];
  readonly sent: Flight[] = [];
  readonly #random: Random;

  constructor(table: Table, layout: VectorLayout, random: Random) {
    this.layout = layout;
    this.slots = table.holders.length;
    this.#random = random;
    for (const id of table.peers) this.peers.set(id, this.#create(id, table));
  }

  #create(id: number, table: Table): ReductionPeer {
    const exchange = new RoundExchange({
      run: 1,
      self: id,
      round: 0,
      slots: this.slots,
      layout: this.layout,
      send: (peers, frame) => {
        const flights = peers.map((to) => ({ from: id, to, bytes: encodeFrame(frame) }));
        this.sent.push(...flights);
        this.flights.push(...flights);
      },
      onReduced: () => {
        peer.reducedCalls++;
      },
    });
    const peer: ReductionPeer = { id, exchange, reducedCalls: 0, computed: new Set(), mail: [table], table: undefined, alive: true };
    return peer;
  }

  alive(): ReductionPeer[] {
    return [...this.peers.values()].filter((peer) => peer.alive);
  }

  announce(table: Table): void {
    for (const peer of this.alive()) peer.mail.push(table);
  }

  /** A peer is gone: of what it had sent, some has not arrived and never will. */
  lose(id: number): void {
    (this.peers.get(id) as ReductionPeer).alive = false;
    const left = this.flights.filter(({ from, to }) => to !== id && (from !== id || this.#random(2) === 0));
    this.flights.splice(0, this.flights.length, ...left);
  }

  /** Does one thing that can be done now; false when there is none. `duplicates` of 100 frames arrive again later. */
  turn(duplicates = 0): boolean {
    const readers = this.alive().filter(({ mail }) => mail.length > 0);
    const workers = this.alive().filter((peer) => this.#open(peer).length > 0);
    const choices = readers.length + workers.length + this.flights.length;
    if (choices === 0) return false;
    const choice = this.#random(choices);
    if (choice < readers.length) this.#read(readers[choice]);
    else if (choice < readers.length + workers.length) this.#compute(workers[choice - readers.length]);
    else this.#deliver(choice - readers.length - workers.length, this.#random(100) < duplicates);
    return true;
  }

  settle(duplicates = 0): void {
    while (this.turn(duplicates));
  }

  #open({ id, table, computed, exchange }: ReductionPeer): number[] {
    if (table === undefined || exchange.complete) return [];
    return table.holders.flatMap((holder, slot) => (holder === id && !computed.has(slot) ? [slot] : []));
  }

  #read(peer: ReductionPeer): void {
    const table = peer.mail.shift() as Table;
    peer.table = table;
    peer.exchange.replan(planOf(table, peer.id, this.slots));
  }

  /** Contributes some or all of the slots that are open, as one sum. */
  #compute(peer: ReductionPeer): void {
    const open = this.#open(peer);
    const slots = open.slice(0, 1 + this.#random(open.length));
    for (const slot of slots) peer.computed.add(slot);
    peer.exchange.contribute(slots, combine(slots, this.layout));
  }

  #deliver(index: number, again: boolean): void {
    const [{ to, bytes }] = again ? this.flights.slice(index, index + 1) : this.flights.splice(index, 1);
    const peer = this.peers.get(to);
    if (peer?.alive) peer.exchange.receive(decodeFrame(bytes));
  }
}

function planOf({ holders, peers, owners, view, rows }: Table, self: number, slots: number): RoundPlan {
  const plan = { view, owners, receivers: peers.filter((peer) => peer !== self) };
  if (rows === undefined) return plan;
  const { size, members, unseated = [] } = rows;
  const seats = Array.from({ length: Math.ceil(Math.max(...peers) / size) * size }, (_, seat) =>
    peers.includes(seat + 1) && !unseated.includes(seat + 1) ? seat + 1 : FREE,
  );
  const rowOf = (row: number): Row => {
    const seated = seats.slice(row * size, (row + 1) * size);
    const own = holders.flatMap((holder, slot) => (seated.includes(holder) ? [slot] : []));
    return {
      peers: seated.filter((peer) => peer !== FREE),
      aggregators: aggregatorsOf(seated, (peer) => members.includes(peer)),
      slots: coverageOf(slots, own),
    };
  };
  return { ...plan, rows: Array.from({ length: seats.length / size }, (_, row) => rowOf(row)) };
}
