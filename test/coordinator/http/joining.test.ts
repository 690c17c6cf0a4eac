import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { joinUrls } from "../../../coordinator/http/joinUrls.ts";
import { isOwnOrigin } from "../../../coordinator/http/securityHeaders.ts";
import { terminalQr } from "../../../coordinator/http/terminalQr.ts";

const address = (text: string, internal = false): NetworkInterfaceInfo => {
  const common = { address: text, netmask: "", mac: "", internal, cidr: null };
  return text.includes(":") ? { ...common, family: "IPv6", scopeid: 0 } : { ...common, family: "IPv4" };
};

const interfaces = {
  lo: [address("127.0.0.1", true), address("::1", true)],
  eth0: [address("192.168.1.20"), address("fe80::1")],
  wlan0: [address("10.0.0.7")],
  usb0: [address("169.254.3.3")],
};

test.each([
  ["127.0.0.1", ["http://127.0.0.1:8080/join?token=a%2Bb"]],
  ["localhost", ["http://localhost:8080/join?token=a%2Bb"]],
  ["::1", ["http://[::1]:8080/join?token=a%2Bb"]],
  ["0.0.0.0", ["192.168.1.20", "10.0.0.7", "127.0.0.1"].map((host) => `http://${host}:8080/join?token=a%2Bb`)],
  ["::", ["192.168.1.20", "10.0.0.7", "127.0.0.1"].map((host) => `http://${host}:8080/join?token=a%2Bb`)],
])("the join links of a server on %s", (host, links) => expect(joinUrls(host, 8080, "a+b", interfaces)).toEqual(links));

test("without a network there is this machine", () => {
  expect(joinUrls("0.0.0.0", 80, "t", { lo: interfaces.lo })).toEqual(["http://127.0.0.1:80/join?token=t"]);
});

test("the QR code is a square of dark and light blocks", async () => {
  const code = await terminalQr("http://192.168.1.20:8080/join?token=0123456789abcdef");
  const esc = String.fromCharCode(27);
  const rows = code.split("\n").map((row) => row.replaceAll(new RegExp(`${esc}\\[\\d+m`, "g"), ""));
  const drawn = rows.filter((row) => row.length > 0);
  expect(new Set(drawn.map((row) => row.length)).size).toBe(1);
  expect((drawn[0] as string).length).toBeGreaterThanOrEqual(29); // version 3 is 29 modules wide
  expect(Math.abs(drawn.length * 2 - (drawn[0] as string).length)).toBeLessThanOrEqual(2); // two rows of modules a line
  expect(drawn.join("")).toMatch(/^[ ▀▄█]+$/);
});

test.each([
  [{ host: "192.168.1.20:8080", origin: "http://192.168.1.20:8080" }, true],
  [{ host: "tabgrad.example", origin: "https://tabgrad.example" }, true],
  [{ host: "127.0.0.1:8080" }, true],
  [{ host: "127.0.0.1:8080", origin: "http://evil.example" }, false],
  [{ host: "127.0.0.1:8080", origin: "http://127.0.0.1:9090" }, false],
  [{ host: "127.0.0.1:8080", origin: "null" }, false],
  [{ origin: "http://evil.example" }, false],
])("a WebSocket from %j is allowed: %s", (headers, allowed) => expect(isOwnOrigin(headers)).toBe(allowed));
