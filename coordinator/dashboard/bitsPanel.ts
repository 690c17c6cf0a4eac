import type { PeerRow } from "../protocol/dashboard.ts";
import { byId, make, mark, write } from "./dom.ts";
import { formatCount, formatHash, NONE, plural } from "./format.ts";
import type { Run } from "./run.ts";

const SYMBOLS = { yes: "●", no: "✗", unknown: "○" } as const;

/** What the run is about: one hash, and how many replicas have it. */
export function renderBits({ history, state }: Run): void {
  const last = history.last;
  write(byId("bits-step"), last === undefined ? "" : `step ${formatCount(last.step)}`);
  write(byId("bits-hash"), last === undefined ? NONE : formatHash(last.hash));
  const hash = last?.hash ?? "0".repeat(16);
  setPath("bits-ones", bitPattern(hash, "1"));
  setPath("bits-zeros", bitPattern(hash, "0"));
  const members = state.peers.filter((peer) => peer.state === "member");
  const sentence = byId("bits-sentence");
  write(sentence, agreement(members));
  mark(sentence, "agrees", members.some((peer) => peer.hashAgrees === false) ? "no" : "yes");
  renderHolders(byId("bits-holders"), members);
}

/** "All 7 peers hold the same parameters, to the bit." */
export function agreement(members: readonly PeerRow[]): string {
  const reported = members.filter((peer) => peer.hashAgrees !== null);
  const wrong = reported.filter((peer) => peer.hashAgrees === false);
  if (reported.length === 0) return "No peer has reported a hash yet.";
  if (wrong.length > 0)
    return `${formatCount(reported.length - wrong.length)} of ${plural(reported.length, "peer")} agree. Other bits: ${wrong.map((peer) => peer.name).join(", ")}.`;
  if (reported.length === 1) return "One peer holds these parameters. Every other would hold the same, to the bit.";
  return `All ${formatCount(reported.length)} peers hold the same parameters, to the bit.`;
}

/** The 64 bits as squares in four rows of sixteen, most significant first: one path of the bits that are `bit`. */
export function bitPattern(hash: string, bit: "0" | "1"): string {
  const bits = [...hash].flatMap((digit) => [...Number.parseInt(digit, 16).toString(2).padStart(4, "0")]);
  return bits.map((value, i) => (value === bit ? `M${i % 16} ${i >> 4}h.86v.86h-.86z` : "")).join("");
}

function setPath(id: string, d: string): void {
  const path = byId(id, SVGPathElement);
  if (path.getAttribute("d") !== d) path.setAttribute("d", d);
}

/** One sign a peer. */
function renderHolders(list: HTMLElement, members: readonly PeerRow[]): void {
  while (list.childElementCount > members.length) list.lastElementChild?.remove();
  while (list.childElementCount < members.length) list.append(make("li", ""));
  members.forEach((peer, i) => {
    const item = list.children[i] as HTMLElement;
    const agrees = peer.hashAgrees === null ? "unknown" : peer.hashAgrees ? "yes" : "no";
    write(item, SYMBOLS[agrees]);
    mark(item, "agrees", agrees);
    if (item.title !== peer.name) item.title = peer.name;
  });
}
