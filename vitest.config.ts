import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumArguments, findBrowser } from "./coordinator/browser/chromium.ts";

/**
 * Two projects: `node` runs test/**\/*.test.ts, `browser` runs test/**\/*.browser.test.ts inside Chromium.
 * Real pages, coordinators and headless peers are driven from node tests (test/system).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.browser.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/**/*.browser.test.ts"],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: findBrowser(), args: [...chromiumArguments] } }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
