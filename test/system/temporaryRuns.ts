import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Where the run directories of a file of tests are: nobody's to go on with. It goes when the tests, and what they close themselves, are done. */
export const temporaryRuns = mkdtempSync(join(tmpdir(), "tabgrad-runs-"));

afterAll(() => rmSync(temporaryRuns, { recursive: true, force: true }));
