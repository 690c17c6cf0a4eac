import type { Hello } from "../../coordinator/protocol/messages.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { ReplicaInfo, RoundResult } from "../compute/computeWorker.ts";
import type { ReplicaPool } from "../compute/replicaPool.ts";
import { openRecordStore } from "../data/openRecordStore.ts";
import type { RecordStore } from "../data/recordStore.ts";
import type { JoinOptions } from "./status.ts";

export interface Prepared {
  readonly info: ReplicaInfo;
  readonly replica: ReplicaPool;
  readonly store: RecordStore;
}

/** So many of the latest rounds are remembered: at least as many as the coordinator's journal can lack after a crash. */
const REMEMBERED_ROUNDS = 256;

type Report = NonNullable<Hello["resume"]>["reports"][number];

/** What a peer has made ready for a run, and keeps when its connection is lost: engine, images, and the state it has reached. */
export class PreparedRun {
  readonly #replica: ReplicaPool;
  readonly #join: JoinOptions;
  readonly #onDataBytes: (bytes: number) => void;
  readonly #closing = new AbortController();
  #run: number | undefined;
  #preparing: Promise<Prepared> | undefined;
  #reports: Report[] = [];

  constructor(replica: ReplicaPool, join: JoinOptions, onDataBytes: (bytes: number) => void) {
    this.#replica = replica;
    this.#join = join;
    this.#onDataBytes = onDataBytes;
  }

  /**
   * Builds the engine for a run, unless it stands already or is being built: that outlives the connection over which it was asked for,
   * and built a second time it would take the place of a replica that trains already.
   */
  async prepare(run: number, config: RunConfig): Promise<Prepared> {
    if (this.#preparing === undefined || this.#run !== run) {
      const before = this.#preparing;
      this.#run = run;
      this.#reports = [];
      this.#preparing = (before ?? Promise.resolve()).then(() => this.#build(config));
    }
    return this.#preparing;
  }

  async #build(config: RunConfig): Promise<Prepared> {
    const info = await this.#replica.create(config);
    const store = openRecordStore(this.#join.origin, config, this.#onDataBytes, this.#closing.signal);
    return { info, replica: this.#replica, store };
  }

  /** Nothing is fetched in the background any more. */
  close(): void {
    this.#closing.abort();
  }

  /** The replica has applied this round. */
  remember(round: number, { hash, metrics }: RoundResult): void {
    const before = this.#reports.filter((report) => report.round < round); // a round that is done again replaces what was
    this.#reports = [...before, { round, hash, metrics }].slice(-REMEMBERED_ROUNDS);
  }

  /** The state that its reports tell of is no longer the replica's: it has nothing to offer until it has done a round again. */
  forget(): void {
    this.#reports = [];
  }

  /** What to tell a coordinator that may have lost us, or itself. */
  resume(): Hello["resume"] {
    const last = this.#reports.at(-1);
    return this.#run === undefined || last === undefined ? undefined : { run: this.#run, round: last.round + 1, reports: this.#reports };
  }
}
