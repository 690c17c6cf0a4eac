import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CANDIDATES = ["/usr/bin/firefox-esr", "/usr/bin/firefox", "/snap/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];

/** The path of an installed Firefox, if there is one. `$TABGRAD_FIREFOX` comes first. */
export const firefox = [process.env["TABGRAD_FIREFOX"], ...CANDIDATES].find((path) => path !== undefined && existsSync(path));

/** Opens one page in a Firefox of its own; the function that is returned ends it. */
export function openInFirefox(path: string, url: string): () => Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), "tabgrad-firefox-"));
  const browser = spawn(path, ["--headless", "--no-remote", "--profile", profile, url], { stdio: "ignore" });
  return async () => {
    await ended(browser);
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }); // its other processes may still write
  };
}

function ended(browser: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (browser.exitCode !== null || browser.signalCode !== null) resolve();
    else browser.once("exit", () => resolve());
    browser.kill();
  });
}
