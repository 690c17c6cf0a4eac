import type { DashboardMessage } from "../protocol/dashboard.ts";
import { paths } from "../protocol/paths.ts";
import { offerDismissal, renderAlarm } from "./alarm.ts";
import { renderBits } from "./bitsPanel.ts";
import { offerCsv } from "./csv.ts";
import { byId, mark } from "./dom.ts";
import { renderEvents } from "./eventFeed.ts";
import { followEvents } from "./eventStream.ts";
import { renderHeadline } from "./headline.ts";
import { offerCopy, showJoinLink } from "./joinLink.ts";
import { createLearningCard } from "./learningCard.ts";
import { renderConnection, renderMasthead } from "./masthead.ts";
import { renderPeers } from "./peerTable.ts";
import type { Run } from "./run.ts";
import { RunHistory } from "./runHistory.ts";
import { createSpeedCard } from "./speedCard.ts";

/** News is drawn this often at most; what the reader asks for, with the next frame. */
const DRAW_INTERVAL_MS = 250;

let run: Run | undefined;
let frame = 0;
let drawnAt = Number.NEGATIVE_INFINITY;

const learning = createLearningCard(drawSoon);
const speed = createSpeedCard();

function receive(message: DashboardMessage): void {
  if (message.type === "snapshot") {
    run = { snapshot: message, history: new RunHistory(message), state: message.state };
    void showJoinLink(message.joinUrl);
    drawSoon();
  } else if (run !== undefined) {
    run.history.append(message);
    run.state = message.state;
    setTimeout(drawSoon, drawnAt + DRAW_INTERVAL_MS - performance.now());
  }
}

/** However many messages come, the page is laid out once a frame. A hidden page has no frames and draws nothing. */
function drawSoon(): void {
  if (frame === 0) frame = requestAnimationFrame(draw);
}

function draw(now: number): void {
  frame = 0;
  drawnAt = now;
  if (run === undefined) return;
  const empty = run.history.points.length === 0 && run.state.peers.length === 0;
  mark(document.body, "view", empty ? "empty" : "run");
  renderMasthead(run);
  renderAlarm(run.history.events);
  if (empty) return;
  renderHeadline(run);
  renderPeers(run);
  renderBits(run);
  renderEvents(run.history);
  learning.draw(run.history);
  speed.draw(run.history, learning.axis());
}

const socketUrl = new URL(paths.events, location.href);
socketUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";
followEvents(socketUrl.href, receive, renderConnection);
offerCsv(byId("export-csv"), () => run);
offerCopy();
offerDismissal();
