import { createHasher, type Hasher } from "../../engine/replica/hasher.ts";
import { MalformedFrame } from "../collective/frame.ts";
import { type Slice, slicesOf } from "../collective/vectorLayout.ts";
import { assignChunks, type DonorRecord, findStalled, MOST_PATIENCE_MS, REQUEST_WINDOW } from "./chunkRequests.ts";
import { type Agreement, agreeOn, type Manifest } from "./stateManifest.ts";

export interface StateReceiverOptions {
  readonly round: number;
  readonly elements: number;
  /** Asks a donor for chunks; for none, when all are there. */
  readonly request: (donor: number, chunks: readonly number[]) => void;
  readonly complain: (donor: number, why: string) => void;
  readonly onComplete: () => void;
  /** Nobody gives the state of this round any more; called once. */
  readonly onLost: (why: string) => void;
}

interface Donor extends DonorRecord {
  readonly asked: Map<number, number>;
  answerMs: number | undefined;
  stalled: boolean;
}

/** Weight of the newest answer in a donor's running mean. */
const SMOOTHING = 0.3;

/**
 * A state on its way from several donors at once. Chunks are asked for, a few at a time, of donors whose manifests agree; what a donor
 * does not send in time is asked of the others, and whoever sends what its own manifest rules out is asked no more. The state is complete
 * when its hash is the journalled one, which the coordinator says.
 */
export class StateReceiver {
  readonly round: number;
  readonly #options: StateReceiverOptions;
  readonly #hasher: Hasher;
  readonly #chunks: readonly Slice[];
  readonly #held: boolean[];
  readonly #donors = new Map<number, Donor>();
  readonly #manifests = new Map<number, Manifest>();
  /** Refused, gone, or without the state: later views may still name them. */
  readonly #former = new Set<number>();
  #agreement: Agreement | undefined;
  /** What the chunks that are held were checked against. */
  #checked: Manifest | undefined;
  #hash: bigint | undefined;
  #arrivedAt: number | undefined;
  #missing: number;
  #ended: "complete" | "lost" | undefined;

  constructor(options: StateReceiverOptions) {
    this.round = options.round;
    this.#options = options;
    this.#hasher = createHasher(options.elements);
    this.#chunks = slicesOf(options.elements);
    this.#held = this.#chunks.map(() => false);
    this.#missing = this.#chunks.length;
  }

  get complete(): boolean {
    return this.#ended === "complete";
  }

  /** Nobody gives it any more. */
  get lost(): boolean {
    return this.#ended === "lost";
  }

  /** Of the state, as it is so far. */
  get elements(): Int32Array {
    return this.#hasher.elements;
  }

  /** "120 of 1154 chunks". */
  get progress(): { readonly held: number; readonly chunks: number } {
    return { held: this.#chunks.length - this.#missing, chunks: this.#chunks.length };
  }

  /** Those who will have the state, as the newest view says. */
  from(donors: readonly number[]): void {
    for (const peer of donors) {
      if (!this.#donors.has(peer) && !this.#former.has(peer))
        this.#donors.set(peer, { peer, asked: new Map(), answerMs: undefined, stalled: false });
    }
  }

  /** The journalled hash of the round before: what the whole has to have. */
  expect(hash: string, now: number): void {
    this.#hash = BigInt(`0x${hash}`);
    this.#goOn(now);
  }

  hearManifest(peer: number, manifest: Manifest, now: number): void {
    if (!this.#donors.has(peer) || this.#ended !== undefined) return;
    const known = this.#manifests.get(peer);
    if (manifest.length === 0) this.#leave(peer, `peer ${peer} does not hold the state any more`, now);
    else if (manifest.length !== this.#chunks.length) {
      throw new MalformedFrame(`the state has ${this.#chunks.length} chunks, the manifest ${manifest.length}`);
    } else if (known === undefined) {
      this.#manifests.set(peer, manifest);
      this.#arrivedAt = now;
      this.#agree();
      this.#goOn(now);
    } else if (known.some((hash, i) => hash !== manifest[i])) this.#refuse(peer, "it has sent two different manifests", now);
    else this.relinked(peer, now);
  }

  hearChunk(peer: number, index: number, elements: Int32Array, now: number): void {
    const donor = this.#donors.get(peer);
    const expected = this.#agreement?.holders.includes(peer) ? this.#agreement.manifest[index] : undefined;
    const { begin, end } = this.#sizeOf(index, elements.length);
    if (donor === undefined || this.#ended !== undefined) return;
    const askedAt = donor.asked.get(index);
    donor.asked.delete(index); // also when its manifest does not count for now: later it may be asked again
    if (expected === undefined) return;
    this.#arrivedAt = now;
    if (askedAt !== undefined) {
      const took = now - askedAt;
      donor.answerMs = donor.answerMs === undefined ? took : (1 - SMOOTHING) * donor.answerMs + SMOOTHING * took;
    }
    donor.stalled = false;
    if (!this.#held[index]) {
      this.#hasher.elements.set(elements, begin);
      const hash = this.#hasher.hash(begin, end);
      if (hash !== expected) {
        this.#refuse(peer, `chunk ${index} has the hash ${hex(hash)}, its manifest says ${hex(expected)}`, now);
        return;
      }
      this.#held[index] = true;
      this.#missing--;
    }
    this.#goOn(now);
  }

  /** It is gone. */
  lose(peer: number, now: number): void {
    if (this.#donors.has(peer)) this.#leave(peer, `peer ${peer} is gone`, now);
  }

  /** What was under way to or from this donor may be lost: it is asked again. */
  relinked(peer: number, now: number): void {
    this.#donors.get(peer)?.asked.clear();
    this.#goOn(now);
  }

  /** Looks for donors that are too slow. To be called a few times a second. */
  tick(now: number): void {
    if (this.#ended !== undefined) return;
    for (const { peer } of findStalled(this.#able(), now)) {
      const donor = this.#donors.get(peer) as Donor;
      donor.stalled = true;
      donor.asked.clear();
    }
    const waited = this.#missing > 0 ? now - (this.#arrivedAt ?? now) : 0;
    if (waited <= MOST_PATIENCE_MS) {
      this.#goOn(now);
      return;
    }
    this.#arrivedAt = now; // others, with another manifest, get as long
    const silent = this.#able().filter(({ stalled, asked }) => stalled || asked.size > 0);
    for (const { peer } of silent) this.#leave(peer, `no donor has sent anything for ${Math.round(waited / 1000)} s`, now);
  }

  /** It is of no use any more. */
  giveUp(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = "lost";
    this.#options.onLost(`nobody gives the state of round ${this.round} any more: ${why}`);
  }

  #sizeOf(index: number, elements: number): Slice {
    const chunk = this.#chunks[index];
    if (chunk === undefined) throw new MalformedFrame(`the state has ${this.#chunks.length} chunks, number ${index} is none of them`);
    if (elements !== chunk.end - chunk.begin)
      throw new MalformedFrame(`chunk ${index} of the state has ${chunk.end - chunk.begin} elements, ${elements} came`);
    return chunk;
  }

  /** Donors who can be asked: their manifest is the agreed one. */
  #able(): Donor[] {
    return (this.#agreement?.holders ?? []).flatMap((peer) => this.#donors.get(peer) ?? []);
  }

  /** Chunks that another manifest now rules out are missing again. */
  #agree(): void {
    const agreement = agreeOn(this.#manifests);
    this.#agreement = agreement;
    if (agreement === undefined) return;
    const { manifest } = agreement;
    const before = this.#checked;
    this.#checked = manifest;
    if (before === undefined || before === manifest) return;
    this.#held.forEach((held, i) => {
      if (!held || manifest[i] === before[i]) return;
      this.#held[i] = false;
      this.#missing++;
    });
  }

  /** Asks for what is missing, or ends. */
  #goOn(now: number): void {
    if (this.#ended !== undefined || this.#agreement === undefined) return;
    if (this.#missing > 0) this.#ask(now);
    else if (this.#hash !== undefined) this.#decide(this.#hash, now);
  }

  #ask(now: number): void {
    const able = this.#able();
    const asked = new Set(able.flatMap((donor) => [...donor.asked.keys()]));
    const places = REQUEST_WINDOW * able.length - asked.size;
    const open: number[] = [];
    for (let i = 0; i < this.#held.length && open.length < places; i++) if (!this.#held[i] && !asked.has(i)) open.push(i);
    for (const [peer, chunks] of assignChunks(open, able)) {
      for (const chunk of chunks) this.#donors.get(peer)?.asked.set(chunk, now);
      this.#options.request(peer, chunks);
    }
  }

  /** Every chunk is as its manifest says; whether that is right, the hash of the whole shows. */
  #decide(expected: bigint, now: number): void {
    const hash = this.#hasher.hash(0, this.#options.elements);
    if (hash === expected) {
      this.#ended = "complete";
      for (const peer of this.#donors.keys()) this.#options.request(peer, []);
      for (const peer of this.#agreement?.others ?? []) this.#exclude(peer, "its manifest is that of another state than the journal's");
      this.#options.onComplete();
      return;
    }
    const why = `the state of its manifest has the hash ${hex(hash)}, the journal says ${hex(expected)}`;
    for (const peer of this.#agreement?.holders ?? []) this.#exclude(peer, why);
    this.#afterwards(why, now);
  }

  #refuse(peer: number, why: string, now: number): void {
    this.#exclude(peer, why);
    this.#afterwards(`peer ${peer} was refused: ${why}`, now);
  }

  #exclude(peer: number, why: string): void {
    this.#dismiss(peer);
    this.#options.complain(peer, `of the state of round ${this.round}: ${why}`);
  }

  #leave(peer: number, why: string, now: number): void {
    this.#dismiss(peer);
    this.#afterwards(why, now);
  }

  #dismiss(peer: number): void {
    this.#former.add(peer);
    this.#donors.delete(peer);
    this.#manifests.delete(peer);
  }

  #afterwards(why: string, now: number): void {
    if (this.#donors.size === 0) this.giveUp(why);
    else {
      this.#agree();
      this.#goOn(now);
    }
  }
}

const hex = (hash: bigint): string => hash.toString(16).padStart(16, "0");
