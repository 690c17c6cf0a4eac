import { decodeCoordinatorMessage, decodePeerMessage, encodeMessage } from "../../coordinator/protocol/codec.ts";
import type { CoordinatorMessage, PeerMessage } from "../../coordinator/protocol/messages.ts";

/*
 * Control messages cross the simulated network as in production: encoded, checked and decoded. So a limit that is too narrow for what is
 * sent ends the simulated run, too. A socket gives bytes of their own, not a view of the encoder's.
 */

export const heardByPeer = (message: CoordinatorMessage): CoordinatorMessage =>
  decodeCoordinatorMessage(new Uint8Array(encodeMessage(message)));

export const heardByCoordinator = <T extends PeerMessage>(message: T): T => decodePeerMessage(new Uint8Array(encodeMessage(message))) as T;
