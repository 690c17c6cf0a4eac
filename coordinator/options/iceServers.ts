import type { IceServer } from "../protocol/messages.ts";
import { UserError } from "./userError.ts";

const FORM = /^(stuns?|turns?):(?:([^:@]+):([^@]+)@)?([^:@/?#\s]+(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?)$/;

/**
 * A server that helps peers behind routers to find each other (STUN) or carries their bytes (TURN, with a user and a password):
 * `stun:host:port`, `turn:user:password@host:port`. Without any, peers find each other within one network.
 */
export function parseIceServer(text: string, before: readonly IceServer[] = []): IceServer[] {
  const match = FORM.exec(text);
  const [, scheme, username, credential, host] = match ?? [];
  if (scheme === undefined || host === undefined) {
    throw new UserError(`--ice-server takes stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT, not "${text}"`, { exitCode: 2 });
  }
  if (scheme.startsWith("turn") && username === undefined) {
    throw new UserError(`a TURN server needs a user and a password: --ice-server turn:USER:PASSWORD@${host}`, { exitCode: 2 });
  }
  return [...before, { urls: `${scheme}:${host}`, ...(username !== undefined && credential !== undefined && { username, credential }) }];
}
