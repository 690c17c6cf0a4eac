import { existsSync } from "node:fs";

const CANDIDATES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/opt/google/chrome/chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];

/** The path of an installed Chromium or Chrome. `$TABGRAD_CHROMIUM` comes first. */
export function findBrowser(): string {
  const found = [process.env["TABGRAD_CHROMIUM"], ...CANDIDATES].find((path) => path !== undefined && existsSync(path));
  if (found === undefined) {
    throw new Error(
      "No Chromium or Chrome was found. Install one (Debian, Ubuntu: apt-get install chromium) or set TABGRAD_CHROMIUM to its path, then run the command again.",
    );
  }
  return found;
}

/** Quiet, self-contained Chromium: nothing phones home, works as root and without a GPU. */
export const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
] as const;
