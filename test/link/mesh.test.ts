import { afterEach, expect, test } from "vitest";
import { nodeWebRtc } from "../../worker/headless/nodePeerConnection.ts";
import type { Connector, ConnectorEvents } from "../../worker/link/connector.ts";
import { Mesh } from "../../worker/link/mesh.ts";
import { SimplePeerConnector } from "../../worker/link/simplePeerConnector.ts";

interface Pair {
  readonly meshes: readonly [Mesh, Mesh];
  readonly received: readonly [Uint8Array[], Uint8Array[]];
  readonly links: string[];
}

const open: Mesh[] = [];
afterEach(() => {
  for (const mesh of open.splice(0)) mesh.close();
});

/** Two meshes whose signals and relayed bytes are handed to each other, as the coordinator would. */
function pair(createConnector: (events: ConnectorEvents) => Connector, onChange: () => void, patienceMs = 60_000): Pair {
  const received: [Uint8Array[], Uint8Array[]] = [[], []];
  const links: string[] = [];
  const make = (self: 0 | 1): Mesh =>
    new Mesh({
      createConnector,
      signal: (_, signal) => setTimeout(() => meshes[1 - self]?.signal(self, JSON.parse(JSON.stringify(signal)))),
      relay: (_, bytes) => setTimeout(() => meshes[1 - self]?.receiveRelayed(self, bytes.slice())),
      onBytes: (_, bytes) => {
        received[self].push(bytes);
        onChange();
      },
      onLink: (_, state) => {
        links.push(`${self}:${state}`);
        onChange();
      },
      onDrained: () => undefined,
      after: (_, action) => setTimeout(action, patienceMs).unref(),
    });
  const meshes: [Mesh, Mesh] = [make(0), make(1)];
  open.push(...meshes);
  return { meshes, received, links };
}

function eventually(): { readonly changed: () => void; readonly until: (condition: () => boolean) => Promise<void> } {
  let wake: () => void = () => undefined;
  return {
    changed: () => wake(),
    until: async (condition) => {
      while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

const frame = (length: number, fill: number) => new Uint8Array(length).fill(fill);

test("LK1 frames cross a real data channel whole, in order, however many are sent at once", async () => {
  const { changed, until } = eventually();
  const { meshes, received, links } = pair((events) => new SimplePeerConnector(events, nodeWebRtc), changed);
  meshes[1].connect(0, false, []);
  meshes[0].connect(1, true, []);
  await until(() => links.length === 2);
  expect(links.sort()).toEqual(["0:direct", "1:direct"]);
  const count = 200; // 12 MB: many windows
  for (let i = 0; i < count; i++) {
    meshes[0].send(1, frame(64_000, i));
    meshes[1].send(0, frame(40, i));
  }
  await until(() => received[1].length === count && received[0].length === count);
  expect(received[1].every((bytes, i) => bytes.length === 64_000 && bytes[0] === i % 256 && bytes[63_999] === i % 256)).toBe(true);
  expect(received[0].map((bytes) => bytes[39])).toEqual(Array.from({ length: count }, (_, i) => i));
});

test("LK2 a pair that cannot connect is relayed, and says so", async () => {
  const { changed, until } = eventually();
  const silent = (): Connector => ({ connect: () => undefined, signal: () => undefined, disconnect: () => undefined });
  const { meshes, received, links } = pair(silent, changed, 50);
  meshes[0].connect(1, true, []);
  meshes[1].connect(0, false, []);
  await until(() => links.length === 2);
  expect(links.sort()).toEqual(["0:relayed", "1:relayed"]);
  meshes[0].send(1, frame(100, 7));
  await until(() => received[1].length === 1);
  expect(received[1][0]).toEqual(frame(100, 7));
});

test("LK3 when a connection breaks, both ends fall back to the relay", async () => {
  const { changed, until } = eventually();
  const connectors: SimplePeerConnector[] = [];
  const create = (events: ConnectorEvents) => {
    const connector = new SimplePeerConnector(events, nodeWebRtc);
    connectors.push(connector);
    return connector;
  };
  const { meshes, received, links } = pair(create, changed);
  meshes[1].connect(0, false, []);
  meshes[0].connect(1, true, []);
  await until(() => links.length === 2);
  connectors[0].disconnect(1);
  await until(() => links.filter((link) => link.endsWith("relayed")).length >= 1);
  await until(() => links.filter((link) => link.endsWith("relayed")).length === 2);
  meshes[1].send(0, frame(50, 9));
  await until(() => received[0].length === 1);
  expect(received[0][0]).toEqual(frame(50, 9));
});
