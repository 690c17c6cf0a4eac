import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../options/userError.ts";

/** The name of the run that was begun last, of those in `root`: names begin with the time. */
export async function latestRun(root: string): Promise<string> {
  const names = existsSync(root) ? await readdir(root) : [];
  const latest = names
    .filter((name) => existsSync(join(root, name, "config.json")))
    .sort()
    .at(-1);
  if (latest !== undefined) return latest;
  throw new UserError(`There is no run to go on with: ${root} has none. Leave --resume out to begin one.`, { exitCode: 2 });
}
