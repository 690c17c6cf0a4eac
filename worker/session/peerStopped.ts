/** Why a peer's part in a run ended other than by its completion. "cut off" (the connection was lost) and "sent away" (the coordinator has ended it) may be tried again. */
export class PeerStopped extends Error {
  override readonly name = "PeerStopped";
  readonly stage: "left" | "refused" | "failed" | "cut off" | "sent away";

  constructor(stage: PeerStopped["stage"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.stage = stage;
  }
}

export const mayReturn = (stage: PeerStopped["stage"]): stage is "cut off" | "sent away" => stage === "cut off" || stage === "sent away";
