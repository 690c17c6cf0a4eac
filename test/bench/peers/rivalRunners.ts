import type { Runner } from "../runner.ts";
import { type SubjectName, subjectDefinition } from "../subjects.ts";
import type { RivalHost } from "./rivalHost.ts";
import { CHECKED_STEPS, largestDifference, ourLosses, startingPoint } from "./startingPoint.ts";
import type { TorchPeer } from "./torch.ts";

/** How far another engine's losses are from ours, or why it has none; its speed stands among the others. */
export type RivalResult =
  | { readonly type: "ready"; readonly name: string; readonly images: number; readonly difference: number }
  | { readonly type: "cannot"; readonly name: string; readonly reason: string };

type RunnersAndResults = readonly [runners: readonly Runner[], results: readonly RivalResult[]];

/** PyTorch in both of its memory layouts. */
export async function torchRunners(torch: TorchPeer, model: SubjectName, images: number): Promise<RunnersAndResults> {
  const point = await startingPoint(subjectDefinition(model), images);
  const ours = await ourLosses(point);
  const runners: Runner[] = [];
  const results: RivalResult[] = [];
  for (const channelsLast of [false, true]) {
    const name = `PyTorch ${torch.version}, 1 thread, ${channelsLast ? "channels last" : "NCHW"}`;
    const { id, losses } = await torch.prepare(point, channelsLast, CHECKED_STEPS);
    runners.push({ name, window: (milliseconds) => torch.train(id, milliseconds) });
    results.push({ type: "ready", name, images, difference: largestDifference(losses, ours) });
  }
  return [runners, results];
}

/** All other engines that can have the model. */
export async function rivalRunners(host: RivalHost, model: SubjectName, images: number): Promise<RunnersAndResults> {
  const runners: Runner[] = [];
  const results: RivalResult[] = [];
  for (const rival of await host.names()) {
    const preparation = await host.prepare(rival, model, images);
    if (preparation.type === "cannot") {
      results.push({ ...preparation, name: rival });
      continue;
    }
    const { id, images: own, difference, stepMs } = preparation;
    const name = own < images ? `${rival}, ${imagesText(own)}` : rival;
    runners.push({ name, stepMs, window: (milliseconds) => host.train(id, milliseconds) });
    results.push({ type: "ready", name, images: own, difference });
  }
  return [runners, results];
}

function imagesText(images: number): string {
  return images === 1 ? "1 image" : `${images} images`;
}
