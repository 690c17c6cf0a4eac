/** Peers that a command starts by itself: headless processes, or tabs of a browser. */
export interface StartedPeers {
  /** How many are there now. */
  readonly count: number;
  /** Rejects when a peer fails for a reason of its own. */
  readonly failed: Promise<never>;
  start(): Promise<void>;
  /** Ends one without a warning, as a crash or a closed tab would. `choice` (0 … 1) says which. */
  kill(choice: number): Promise<void>;
  /** Resolves when all have ended by themselves; those that take longer are ended. */
  finish(patienceMs: number): Promise<void>;
}
