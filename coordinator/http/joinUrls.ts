import { networkInterfaces } from "node:os";
import { paths } from "../protocol/paths.ts";

const ALL_ADDRESSES = ["0.0.0.0", "::"];

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The links under which tabs can join, the most widely reachable first. A server on all addresses gets one for each IPv4 address in the
 * network and one for this machine; any other server has one.
 */
export function joinUrls(host: string, port: number, token: string, interfaces: Interfaces = networkInterfaces()): string[] {
  const hosts = ALL_ADDRESSES.includes(host) ? [...networkAddresses(interfaces), "127.0.0.1"] : [host];
  return hosts.map((each) => `http://${each.includes(":") ? `[${each}]` : each}:${port}${paths.join}?token=${encodeURIComponent(token)}`);
}

function networkAddresses(interfaces: Interfaces): string[] {
  const addresses = Object.values(interfaces).flatMap((each) => each ?? []);
  return addresses
    .filter((address) => address.family === "IPv4" && !address.internal && !isLinkLocal(address.address))
    .map(({ address }) => address);
}

/** Given to interfaces that found no network. */
const isLinkLocal = (address: string): boolean => address.startsWith("169.254.");
