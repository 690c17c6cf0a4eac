import { startJoinPage } from "../../worker/join/joinPage.ts";
import type { JoinOptions, PeerControls, PeerStatus } from "../../worker/session/status.ts";

/** The real join page over a peer that does what a test tells it to. Built in place of the page's own script. */
export interface JoinHarness {
  readonly joined: JoinOptions[];
  readonly hidden: boolean[];
  left: number;
  tell(status: PeerStatus): void;
  fail(message: string): void;
}

declare global {
  interface Window {
    harness: JoinHarness;
  }
}

let onStatus: (status: PeerStatus) => void = () => {
  throw new Error("the harness was told a status before the page joined");
};
let reject: (cause: Error) => void = () => {
  throw new Error("the harness was told to fail before the page joined");
};

window.harness = {
  joined: [],
  hidden: [],
  left: 0,
  tell: (status) => onStatus(status),
  fail: (message) => reject(new Error(message)),
};

const controls: PeerControls = {
  join(options, listener) {
    window.harness.joined.push(options);
    onStatus = listener;
    return new Promise((_, rejectJoin) => {
      reject = rejectJoin;
    });
  },
  async leave() {
    window.harness.left++;
  },
  async setHidden(hidden) {
    window.harness.hidden.push(hidden);
  },
};

startJoinPage(() => controls);
