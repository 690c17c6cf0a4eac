import { decodeCoordinatorMessage, decodePeerMessage, encodeMessage } from "../../coordinator/protocol/codec.ts";
import type { CoordinatorMessage, PeerMessage } from "../../coordinator/protocol/messages.ts";

/*
 * Control messages cross the simulated network as in production: encoded, checked and decoded. So a limit that is too narrow for what is
 * sent ends the simulated run, too.
 */

export const heardByPeer = (message: CoordinatorMessage): CoordinatorMessage => decodeCoordinatorMessage(onTheWire(message));

export const heardByCoordinator = <T extends PeerMessage>(message: T): T => decodePeerMessage(onTheWire(message)) as T;

/** A socket gives plain bytes. The encoder writes each message behind the one before: nothing has to be copied. */
function onTheWire(message: PeerMessage | CoordinatorMessage): Uint8Array {
  const { buffer, byteOffset, length } = encodeMessage(message);
  return new Uint8Array(buffer, byteOffset, length);
}
