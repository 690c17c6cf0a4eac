/** What a peer tells its page: one value, replaced as a whole whenever something changes. */
export interface PeerStatus {
  readonly stage:
    | "starting"
    | "connecting"
    | "linking"
    | "resting"
    | "synchronising"
    | "training"
    | "finished"
    | "left"
    | "refused"
    | "failed";
  /** What is going on, or what went wrong and how to go on, in one sentence. */
  readonly sentence: string;
  /** Steps of joining, each with its own progress: engine, coordinator, data, links, first step. */
  readonly progress: {
    readonly engine: boolean;
    readonly connected: boolean;
    readonly dataBytes: number;
    readonly linked: number;
    readonly toLink: number;
    readonly firstStep: boolean;
  };
  readonly name: string;
  readonly runName: string;
  readonly model: string;
  readonly numerics: "plain" | "fused" | null;
  readonly workers: number;
  /** Mine, over the last seconds. */
  readonly imagesPerSecond: number;
  readonly imagesDone: number;
  readonly stepsDone: number;
  /** Of the run's slots, 0 … 1. */
  readonly share: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly step: number;
  readonly steps: number;
  readonly hash: string | null;
  /** The swarm's. */
  readonly peers: number;
  readonly swarmImagesPerSecond: number;
  readonly loss: number | null;
  readonly accuracy: number | null;
  readonly hidden: boolean;
}

/** What a page can ask of its peer, over Comlink. */
export interface PeerControls {
  /** Joins; `onStatus` is called with every change. Resolves when the peer has left or the run is finished. */
  join(options: JoinOptions, onStatus: (status: PeerStatus) => void): Promise<void>;
  /** Leaves cleanly: the slots go to the others at once. */
  leave(): Promise<void>;
  /** The page went to the background, or came back. */
  setHidden(hidden: boolean): Promise<void>;
}

export interface JoinOptions {
  /** The coordinator's origin, e.g. "http://192.168.1.20:8080". */
  readonly origin: string;
  readonly token: string;
  readonly name: string;
  readonly workers: number;
  /** 32 hexadecimal digits by which the coordinator knows this peer again. */
  readonly identity: string;
}
