import { randomIdentity } from "../session/identity.ts";
import type { PeerControls, PeerStatus } from "../session/status.ts";
import { missingFeature } from "./browserFeatures.ts";
import { fill, part } from "./fields.ts";
import { failureSentence, hasEnded } from "./joinView.ts";
import { randomNickname } from "./nickname.ts";
import { POWER_NAMES, type Power, workersFor } from "./power.ts";
import { renderFailure, renderJoin } from "./renderJoin.ts";
import { readWishes } from "./wishes.ts";

const NICKNAME_KEY = "tabgrad.nickname";
const IDENTITY_KEY = "tabgrad.identity";

/** The whole join page: one form, one button, then the session until its end. `connect` makes the peer that the button starts. */
export function startJoinPage(connect: () => PeerControls): void {
  const wishes = readWishes(new URL(location.href));
  const nickname = part("nickname", HTMLInputElement);
  const form = part("welcome", HTMLFormElement);
  const suggested = wishes.name ?? sessionStorage.getItem(NICKNAME_KEY) ?? randomNickname((values) => crypto.getRandomValues(values));
  nickname.value = suggested;
  offerPower();

  const obstacle = missingFeature() ?? (wishes.token === null ? NO_TOKEN : null);
  if (obstacle !== null) {
    part("obstacle").textContent = obstacle;
    part("obstacle").hidden = false;
    part("join", HTMLButtonElement).disabled = true;
    return;
  }

  const begin = (): void => {
    const name = nickname.value.trim() || suggested;
    sessionStorage.setItem(NICKNAME_KEY, name);
    const identity = sessionStorage.getItem(IDENTITY_KEY) ?? randomIdentity();
    sessionStorage.setItem(IDENTITY_KEY, identity);
    form.hidden = true;
    part("session").hidden = false;
    run(connect(), {
      origin: location.origin,
      token: wishes.token ?? "",
      name,
      workers: wishes.workers ?? workersFor(chosenPower(), navigator.hardwareConcurrency),
      identity,
    });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  part("again").addEventListener("click", () => location.reload());
  if (wishes.auto) begin();
}

const NO_TOKEN = "This address has no join token. Open the whole join link, as the dashboard shows it.";

/** From the click to the end. Whatever fails is said by the page. */
function run(controls: PeerControls, options: Parameters<PeerControls["join"]>[0]): void {
  const leave = part("leave", HTMLButtonElement);
  let last: PeerStatus | undefined;
  const failed = (cause: unknown): void => {
    // The peer may have told the end in better words than the error's.
    if (last !== undefined && hasEnded(last)) return;
    const words = failureSentence(cause instanceof Error ? cause.message : String(cause));
    if (last === undefined) renderFailure(words);
    else renderJoin({ ...last, stage: "failed", sentence: words });
  };
  window.addEventListener("unhandledrejection", (event) => failed(event.reason));
  window.addEventListener("error", (event) => failed(event.error ?? event.message));
  leave.addEventListener("click", () => {
    leave.disabled = true;
    controls.leave().catch(failed);
  });
  document.addEventListener("visibilitychange", () => void controls.setHidden(document.hidden));
  // Closing the tab is leaving: the others get the slots at once instead of waiting for missing heartbeats.
  window.addEventListener("pagehide", () => void controls.leave());
  const onStatus = (status: PeerStatus): void => {
    last = status;
    renderJoin(status);
  };
  controls.join(options, onStatus).catch(failed);
  if (document.hidden) void controls.setHidden(true);
}

function offerPower(): void {
  for (const power of POWER_NAMES) {
    const workers = workersFor(power, navigator.hardwareConcurrency);
    fill({ [power]: `${workers} worker${workers === 1 ? "" : "s"}` });
  }
}

function chosenPower(): Power {
  const value = new FormData(part("welcome", HTMLFormElement)).get("power");
  return POWER_NAMES.find((power) => power === value) ?? "balanced";
}
