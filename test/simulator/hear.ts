import type { PeerMessage } from "../../coordinator/protocol/messages.ts";
import type { MembershipEvent } from "../../coordinator/run/membership.ts";

/** What a peer's message is to the coordinator's decisions; undefined when they have nothing to do with it. */
export function eventOf(peer: number, message: PeerMessage): MembershipEvent | undefined {
  switch (message.type) {
    case "link":
      return { type: "link", peer, other: message.peer, state: message.state };
    case "computed":
      return { type: "computed", peer, round: message.round };
    case "done":
      return { type: "done", peer, report: message };
    case "ready":
    case "heartbeat":
    case "complain":
    case "stateLost":
    case "account":
    case "recomputed":
    case "suspect":
      return { ...message, peer };
    default:
      return undefined;
  }
}
