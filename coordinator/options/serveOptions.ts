import { type Command, Option } from "commander";
import type { IceServer } from "../protocol/messages.ts";
import { parseIceServer } from "./iceServers.ts";
import { decimalNumber, wholeNumber } from "./parse.ts";

/** Where the coordinator finds its data and is found itself. */
export interface ServeOptions {
  /** A folder, or "synthetic". */
  readonly data?: string;
  readonly host: string;
  readonly port: number;
  readonly minPeers: number;
  readonly auditShare: number;
  readonly iceServer: readonly IceServer[];
}

export const MAX_PEERS = 1024; // there are never more slots than that, and a peer without a slot has nothing to do

/** Of 100 contributions two are computed again by another member. */
export const DEFAULT_AUDIT_SHARE = 0.02;

/** Where tabs look for a coordinator that somebody started for them. */
const USUAL_PORT = 8080;

/** Adds the options of a command that serves; `command.opts()` is then a ServeOptions. */
export function addServeOptions(command: Command, defaultPort = USUAL_PORT): Command {
  const group = "Coordinator:";
  const port = wholeNumber("--port", { least: 0, most: 65_535, example: 8080 });
  const minPeers = wholeNumber("--min-peers", { least: 1, most: MAX_PEERS, example: 2 });
  const auditShare = decimalNumber("--audit-share", { least: 0, most: 1, example: DEFAULT_AUDIT_SHARE });
  return command
    .addOption(
      new Option(
        "--data <folder>",
        'CIFAR-10, binary version; "synthetic" draws a stand-in (default: $CIFAR10_DIR, else downloaded once)',
      ).helpGroup(group),
    )
    .addOption(
      new Option("--host <address>", "address to listen on; 0.0.0.0 lets other machines of the network join")
        .default("127.0.0.1")
        .helpGroup(group),
    )
    .addOption(
      new Option("--port <n>", "port to listen on, 0 to 65535; 0 takes any free one").argParser(port).default(defaultPort).helpGroup(group),
    )
    .addOption(
      new Option("--min-peers <n>", "tabs that must have joined before training begins").argParser(minPeers).default(1).helpGroup(group),
    )
    .addOption(
      new Option("--audit-share <n>", "share of the contributions that another peer computes again, 0 to 1; 0: none")
        .argParser(auditShare)
        .default(DEFAULT_AUDIT_SHARE)
        .helpGroup(group),
    )
    .addOption(
      new Option(
        "--ice-server <url>",
        "STUN or TURN server for peers in other networks: stun:HOST:PORT, turn:USER:PASSWORD@HOST:PORT; may be repeated",
      )
        .argParser(parseIceServer)
        .default([], "none: one network")
        .helpGroup(group),
    );
}
