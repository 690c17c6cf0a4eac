import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The folder with the real CIFAR-10 and PyTorch's reference cases; it is no part of the project. */
export const sharedFolder = resolve(root, process.env["TABGRAD_SHARED"] ?? "../shared");

export const sharedIsThere = existsSync(join(sharedFolder, "cifar-10/unpack.mjs"));

/** For names of tests and suites that need it. */
export const needsShared = sharedIsThere ? "" : ` (skipped: ${sharedFolder} is not there; set TABGRAD_SHARED)`;

/** The real CIFAR-10 in its official layout, unpacked once. */
export function cifar10Folder(): string {
  const folder = join(root, ".cache/shared-cifar-10");
  execFileSync(process.execPath, [join(sharedFolder, "cifar-10/unpack.mjs"), folder]);
  return folder;
}
