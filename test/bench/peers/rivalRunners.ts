import type { Runner } from "../runner.ts";
import type { SubjectName } from "../subjects.ts";
import type { RivalHost, RivalPreparation } from "./rivalHost.ts";

/** What became of another engine's preparation; its speed stands among the others. */
export type RivalResult = RivalPreparation & { readonly name: string };

/** Prepares all rivals that can have the model. */
export async function rivalRunners(
  host: RivalHost,
  model: SubjectName,
  images: number,
): Promise<[readonly Runner[], readonly RivalResult[]]> {
  const runners: Runner[] = [];
  const results: RivalResult[] = [];
  for (const rival of await host.names()) {
    const preparation = await host.prepare(rival, model, images);
    const name = preparation.type === "ready" && preparation.images < images ? `${rival}, ${imagesText(preparation.images)}` : rival;
    results.push({ ...preparation, name });
    if (preparation.type === "cannot") continue;
    const { id, stepMs } = preparation;
    runners.push({ name, stepMs, window: (milliseconds) => host.train(id, milliseconds) });
  }
  return [runners, results];
}

function imagesText(images: number): string {
  return images === 1 ? "1 image" : `${images} images`;
}
