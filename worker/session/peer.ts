import { ReplicaPool } from "../compute/replicaPool.ts";
import { Attendance } from "./attendance.ts";
import { mayReturn, PeerStopped } from "./peerStopped.ts";
import type { Platform } from "./platform.ts";
import { PreparedRun } from "./preparedRun.ts";
import { afterEnd, firstRetry } from "./retry.ts";
import type { JoinOptions, PeerStatus } from "./status.ts";
import { StatusBoard } from "./statusBoard.ts";

/** One peer of one run, from the open link to the last round, over as many connections as that takes. */
export class Peer {
  readonly #platform: Platform;
  readonly #join: JoinOptions;
  readonly #board: StatusBoard;
  #attendance: Attendance | undefined;
  #left = false;

  constructor(platform: Platform, join: JoinOptions, onStatus: (status: PeerStatus) => void) {
    this.#platform = platform;
    this.#join = join;
    this.#board = new StatusBoard({ name: join.name, workers: join.workers }, onStatus, platform.now);
  }

  /** Takes part until the run is complete. Throws `PeerStopped` when it ends otherwise. */
  async run(): Promise<void> {
    let prepared: PreparedRun | undefined;
    try {
      const workers = await Promise.all(Array.from({ length: this.#join.workers }, () => this.#platform.createComputeWorker()));
      const onDataBytes = (bytes: number) => this.#board.progress({ dataBytes: this.#board.status.progress.dataBytes + bytes });
      prepared = new PreparedRun(new ReplicaPool(workers), this.#join, onDataBytes);
      this.#board.update({ stage: "connecting", sentence: "Connecting to the coordinator." });
      await this.#attend(prepared);
      this.#board.update({ stage: "finished", sentence: "The run is complete. Thank you for taking part." });
    } catch (error) {
      const stopped =
        error instanceof PeerStopped
          ? error
          : new PeerStopped("failed", error instanceof Error ? error.message : String(error), { cause: error });
      this.#board.update({ stage: mayReturn(stopped.stage) ? "failed" : stopped.stage, sentence: stopped.message });
      throw stopped;
    } finally {
      prepared?.close();
      this.#platform.dispose();
    }
  }

  /** Leaves on purpose. */
  leave(): void {
    this.#left = true;
    this.#attendance?.leave();
  }

  setHidden(hidden: boolean): void {
    this.#board.update({ hidden });
    this.#attendance?.beat();
  }

  /** One connection after another, until the run is complete, refused, left, or the coordinator stays away. */
  async #attend(prepared: PreparedRun): Promise<void> {
    const { now } = this.#platform;
    let retry = firstRetry(now());
    for (;;) {
      const began = now();
      try {
        this.#attendance = new Attendance({ platform: this.#platform, join: this.#join, board: this.#board, prepared });
        await this.#attendance.attend();
        return;
      } catch (error) {
        if (!(error instanceof PeerStopped) || !mayReturn(error.stage)) throw error;
        const welcomed = this.#attendance?.welcomed === true;
        const hasState = prepared.resume() !== undefined;
        const ended = { welcomed, sentAway: error.stage === "sent away", lastedMs: now() - began, hasState };
        const decision = afterEnd(retry, ended, now());
        if ("neverIn" in decision) throw error;
        if ("giveUp" in decision) throw new PeerStopped("failed", `${decision.giveUp}: ${error.message}`, { cause: error });
        ({ retry } = decision);
        this.#board.update({ stage: "connecting", sentence: `${error.message}. Trying again …` });
      }
      await new Promise((resolve) => setTimeout(resolve, retry.waitMs));
      if (this.#left) throw new PeerStopped("left", "You have left the run.");
    }
  }
}
