import type { PeerRow, SwarmState } from "../protocol/dashboard.ts";
import type { PeerId } from "../protocol/view.ts";
import { byId, make, mark, show, write } from "./dom.ts";
import { formatBytes, formatCount, formatPercent, formatRate, NONE } from "./format.ts";
import type { Run } from "./run.ts";

const STATE_NAMES = {
  connecting: "connecting",
  preparing: "preparing",
  linking: "linking",
  resting: "resting: slow line",
  observer: "catching up",
  member: "training",
  lost: "gone",
} as const;

/** One row a peer, kept for as long as the peer is listed: only cells whose text changed are written. */
interface Row {
  readonly row: HTMLElement;
  readonly cells: Record<
    "name" | "device" | "stateInline" | "state" | "rate" | "share" | "shareBar" | "lag" | "links" | "relayed" | "sent" | "hash" | "sign",
    HTMLElement
  >;
}

const rows = new Map<PeerId, Row>();

export function renderPeers({ state }: Run): void {
  const body = byId("peer-rows");
  const order = listed(state.peers);
  const largestShare = Math.max(...order.map((peer) => peer.share), Number.MIN_VALUE);
  const present = new Set(order.map((peer) => peer.peer));
  for (const [peer, { row }] of rows) {
    if (present.has(peer)) continue;
    row.remove();
    rows.delete(peer);
  }
  order.forEach((peer, i) => {
    const row = rows.get(peer.peer) ?? newRow(peer.peer);
    // Moves a row only if another one is where it belongs.
    if (body.children[i] !== row.row) body.insertBefore(row.row, body.children[i] ?? null);
    fill(row, peer, state, largestShare);
  });
  show(byId("peers-empty"), order.length === 0);
  write(byId("peers-summary"), linkSummary(state.peers));
}

/** In the order of their coming, so that rows stand still; those that are gone below. */
export function listed(peers: readonly PeerRow[]): PeerRow[] {
  return [...peers].sort((a, b) => Number(a.state === "lost") - Number(b.state === "lost") || a.peer - b.peer);
}

/** "42 direct links, 3 relayed": each link is told by both of its ends. */
export function linkSummary(peers: readonly PeerRow[]): string {
  const links = new Map<string, string>();
  for (const { peer, links: ends } of peers) {
    for (const link of ends) {
      const pair = peer < link.peer ? `${peer}-${link.peer}` : `${link.peer}-${peer}`;
      if (link.state === "relayed" || (link.state === "direct" && !links.has(pair))) links.set(pair, link.state);
    }
  }
  const states = [...links.values()];
  if (states.length === 0) return "";
  const relayed = states.filter((state) => state === "relayed").length;
  const direct = states.length - relayed;
  return `${formatCount(direct)} direct link${direct === 1 ? "" : "s"}, ${formatCount(relayed)} relayed`;
}

function fill({ row, cells }: Row, peer: PeerRow, { round, phase }: SwarmState, largestShare: number): void {
  const stateName = `${phase === "finished" && peer.state === "member" ? "finished" : STATE_NAMES[peer.state]}${peer.hidden && peer.state !== "lost" ? ", hidden tab" : ""}`;
  const member = peer.state === "member";
  const relayed = peer.links.filter((link) => link.state === "relayed").length;
  const direct = peer.links.filter((link) => link.state === "direct").length;
  mark(row, "state", peer.state);
  write(cells.name, peer.name);
  write(cells.device, `${peer.device}, ${formatCount(peer.workers)} worker${peer.workers === 1 ? "" : "s"}`);
  write(cells.stateInline, stateName);
  write(cells.state, stateName);
  write(cells.rate, member ? formatRate(peer.imagesPerSecond) : NONE);
  write(cells.share, member ? formatPercent(peer.share) : NONE);
  show(cells.shareBar, member);
  cells.shareBar.style.setProperty("--share", (peer.share / largestShare).toFixed(3));
  write(cells.lag, member || peer.state === "observer" ? formatCount(Math.max(0, round - peer.round)) : NONE);
  write(cells.links, peer.state === "lost" ? NONE : formatCount(direct + relayed));
  write(cells.relayed, relayed > 0 && peer.state !== "lost" ? `${formatCount(relayed)} relayed` : "");
  write(cells.sent, formatBytes(peer.bytesSent));
  write(cells.hash, peer.hash === null ? NONE : peer.hash.slice(0, 8));
  const agrees = peer.hashAgrees === null ? "unknown" : peer.hashAgrees ? "yes" : "no";
  mark(cells.sign, "agrees", agrees);
  write(cells.sign, { yes: "✓", no: "✗ differs", unknown: "" }[agrees]);
}

function newRow(peer: PeerId): Row {
  const cells: Row["cells"] = {
    name: make("b", ""),
    device: make("small", "device"),
    stateInline: make("small", "state-inline"),
    state: make("span", ""),
    rate: make("span", ""),
    share: make("span", ""),
    shareBar: make("i", ""),
    lag: make("span", ""),
    links: make("span", ""),
    relayed: make("small", ""),
    sent: make("span", ""),
    hash: make("code", ""),
    sign: make("span", ""),
  };
  const row = make(
    "tr",
    "",
    make("td", "name", cells.name, cells.device, cells.stateInline),
    make("td", "state", cells.state),
    make("td", "number rate", cells.rate),
    make("td", "number share", cells.shareBar, cells.share),
    make("td", "number lag", cells.lag),
    make("td", "links", cells.links, cells.relayed),
    make("td", "number sent", cells.sent),
    make("td", "hash", cells.hash, " ", cells.sign),
  );
  const made = { row, cells };
  rows.set(peer, made);
  return made;
}
