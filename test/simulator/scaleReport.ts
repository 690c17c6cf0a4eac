import { chooseTopology } from "../../coordinator/protocol/costModel.ts";
import { measureScale, type ScaleResult } from "./scale.ts";

const STEPS = 3;

/** Measures each size as the run would choose it, and the large ones directly too, and prints the table of docs/scale.md. */
export async function reportScale(sizes: readonly number[]): Promise<void> {
  console.log("| peers | topology | messages | MB | ms | links | relayed | coordinator: messages | kB |");
  console.log("|---|---|---|---|---|---|---|---|---|");
  for (const peers of sizes) {
    const { topology, reason } = chooseTopology(peers);
    for (const way of topology === "direct" ? ([topology] as const) : ([topology, "direct"] as const)) {
      console.log(row(await measureScale(peers, way, STEPS)));
    }
    console.error(reason);
  }
}

/** Of one step: model / measured. */
function row({ peers, topology, messages, bytes, ms, links, relayed, control }: ScaleResult): string {
  const pair = ([model, measured]: readonly [number, number], unit = 1, digits = 0) =>
    `${(model / unit).toFixed(digits)} / ${(measured / unit).toFixed(digits)}`;
  const said = [...control.values()];
  const sum = (value: (count: { readonly messages: number; readonly bytes: number }) => number) =>
    said.reduce((total, count) => total + value(count), 0);
  const cells = [
    peers,
    topology,
    pair(messages),
    pair(bytes, 1e6, 1),
    pair(ms),
    pair(links),
    relayed.toFixed(0),
    sum((count) => count.messages).toFixed(0),
    (sum((count) => count.bytes) / 1000).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}
