/** Why a peer's part in a run ended other than by its completion. "cut off" may be tried again. */
export class PeerStopped extends Error {
  override readonly name = "PeerStopped";
  readonly stage: "left" | "refused" | "failed" | "cut off";

  constructor(stage: PeerStopped["stage"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.stage = stage;
  }
}
