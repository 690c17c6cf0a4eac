import { expect, test } from "vitest";
import { isOnThisMachine, type Visitor } from "../../../coordinator/http/ownMachine.ts";

const local: Visitor = { remoteAddress: "127.0.0.1", localAddress: "127.0.0.1", headers: { host: "127.0.0.1:8080" } };
const network: Visitor = { remoteAddress: "192.168.1.20", localAddress: "192.168.1.20", headers: { host: "192.168.1.20:8080" } };

test.each<{ what: string; visitor: Visitor; own: boolean }>([
  { what: "this machine, by 127.0.0.1", visitor: local, own: true },
  { what: "this machine, by localhost", visitor: { ...local, headers: { host: "localhost:8080" } }, own: true },
  { what: "this machine, IPv6", visitor: { remoteAddress: "::1", localAddress: "::1", headers: { host: "[::1]:8080" } }, own: true },
  {
    what: "this machine, IPv4 at a server on all addresses",
    visitor: { ...local, remoteAddress: "::ffff:127.0.0.1", localAddress: "::ffff:127.0.0.1" },
    own: true,
  },
  { what: "this machine, by its address in the network", visitor: network, own: true },
  { what: "another machine", visitor: { ...network, remoteAddress: "192.168.1.21" }, own: false },
  {
    what: "another machine that claims to be local",
    visitor: { ...network, remoteAddress: "192.168.1.21", headers: { host: "localhost" } },
    own: false,
  },
  { what: "a name of the web that points here (DNS rebinding)", visitor: { ...local, headers: { host: "evil.example:8080" } }, own: false },
  { what: "a name that looks like an address", visitor: { ...local, headers: { host: "127.0.0.1.evil.example" } }, own: false },
  { what: "a proxy on this machine", visitor: { ...local, headers: { host: "127.0.0.1", "x-forwarded-for": "203.0.113.7" } }, own: false },
  {
    what: "a proxy that says it the standard way",
    visitor: { ...local, headers: { host: "127.0.0.1", forwarded: "for=203.0.113.7" } },
    own: false,
  },
  { what: "no Host", visitor: { ...local, headers: {} }, own: false },
  { what: "a socket that is gone", visitor: { headers: { host: "localhost" } }, own: false },
])("WS5 $what: $own", ({ visitor, own }) => expect(isOnThisMachine(visitor)).toBe(own));
