import type { DashboardMessage } from "../protocol/dashboard.ts";

export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "lost"; readonly retryMs: number };

/** How long to wait before the n-th attempt after a loss: half a second, doubled each time, 15 s at most. */
export const retryDelayMs = (attempt: number): number => Math.min(15_000, 500 * 2 ** attempt);

/**
 * Follows the coordinator's events for as long as the page lives, over one WebSocket after another. Each connection begins with a snapshot,
 * so nothing is missed. A connection counts as live with its first message.
 */
export function followEvents(url: string, onMessage: (message: DashboardMessage) => void, onState: (state: ConnectionState) => void): void {
  let attempt = 0;
  const connect = (): void => {
    const socket = new WebSocket(url);
    socket.addEventListener("message", (event: MessageEvent<string>) => {
      attempt = 0;
      onState({ kind: "live" });
      onMessage(JSON.parse(event.data) as DashboardMessage);
    });
    // A failed attempt fires `close` as well.
    socket.addEventListener("close", () => {
      const retryMs = retryDelayMs(attempt++);
      onState({ kind: "lost", retryMs });
      setTimeout(connect, retryMs);
    });
  };
  onState({ kind: "connecting" });
  connect();
}
