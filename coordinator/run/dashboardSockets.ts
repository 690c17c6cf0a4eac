import type { WebSocket } from "ws";
import type { DashboardMessage } from "../protocol/dashboard.ts";
import { closeReason } from "./closeReason.ts";
import type { DashboardFeed, Position } from "./dashboardFeed.ts";
import type { Membership } from "./membership.ts";

/** Long enough for everything so far of 100,000 steps, some 6 MB compressed, over half a megabit a second. */
const PATIENCE_MS = 120_000;

/** Each has the whole history in its page and a message a second: more are a mistake, or an attack. */
const MAX_DASHBOARDS = 256;

interface Dashboard {
  readonly showsLink: boolean;
  position: Position;
  /** When nothing that was sent to it waited any more, for the last time. */
  tookAllAt: number;
}

/** The WebSockets of dashboards. Each gets news when it has taken the news before, so that one that takes none costs no more than that. */
export class DashboardSockets {
  readonly #feed: DashboardFeed;
  readonly #dashboards = new Map<WebSocket, Dashboard>();

  constructor(feed: DashboardFeed) {
    this.#feed = feed;
  }

  accept(socket: WebSocket, showsLink: boolean, membership: Membership, now: number): void {
    socket.on("error", () => socket.terminate());
    if (this.#dashboards.size >= MAX_DASHBOARDS) {
      socket.close(1013, closeReason(`${MAX_DASHBOARDS} dashboards are open already: close one`)); // 1013: try again later
      return;
    }
    send(socket, this.#feed.snapshot(membership, now, showsLink));
    this.#dashboards.set(socket, { showsLink, position: this.#feed.position(), tookAllAt: now });
    socket.on("close", () => this.#dashboards.delete(socket));
  }

  update(membership: Membership, now: number): void {
    for (const [socket, dashboard] of this.#dashboards) {
      if (socket.bufferedAmount > 0) {
        if (now - dashboard.tookAllAt > PATIENCE_MS) socket.terminate(); // its page connects again
        continue;
      }
      send(socket, this.#feed.news(dashboard.position, membership, now, dashboard.showsLink));
      dashboard.position = this.#feed.position();
      dashboard.tookAllAt = now;
    }
  }

  closeAll(reason: string): void {
    for (const socket of this.#dashboards.keys()) socket.close(1001, closeReason(reason));
  }
}

const send = (socket: WebSocket, message: DashboardMessage): void => socket.send(JSON.stringify(message));
