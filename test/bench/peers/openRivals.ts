import { createRequire } from "node:module";
import type { RivalHost } from "./rivalHost.ts";

/** Other engines in this process. */
export async function openNodeRivals(): Promise<RivalHost> {
  // The package leaves the gradients to its users, as modules that Node does not take as they are; "index.js" gives their tensors methods.
  const load = createRequire(import.meta.url);
  (await import("@tensorflow/tfjs-core")).enableProdMode(); // no checks, no greetings
  load("@tensorflow/tfjs-core/dist/index.js");
  load("@tensorflow/tfjs-core/dist/register_all_gradients.js");
  const { createRivalHost } = await import("./rivalHost.ts");
  return createRivalHost();
}
