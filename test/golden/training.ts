import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findDataset } from "../../coordinator/data/findDataset.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { serveRun } from "../../coordinator/run/serveRun.ts";
import type { ConvolutionChoice } from "../../engine/kernels/kernelSet.ts";

/** A training run whose convolutions are computed either way. */
export interface TrainingComparison {
  readonly model: string;
  readonly steps: number;
  readonly batch: number;
  /** CIFAR-10, binary version. */
  readonly data: string | undefined;
  readonly say: (line: string) => void;
}

const SEEDS = [1, 2, 3];

/** The end of a run: the mean loss of so many steps, since one batch says little. */
const LAST_STEPS = 50;

/**
 * Trains on real images with direct convolution and with Winograd, three seeds each. Rounding differs from the first step on and training
 * is chaotic, so that losses differ as those of two seeds do: the means of the two are to differ by no more than the seeds' spread
 * (the largest difference between two seeds of one choice).
 */
export async function compareTraining({ model, steps, batch, data, say }: TrainingComparison): Promise<boolean> {
  const dataset = await findDataset({ data, environment: process.env, say });
  const root = await mkdtemp(join(tmpdir(), "tabgrad-training-"));
  const finalLoss = async (convolution: ConvolutionChoice, seed: number): Promise<number> => {
    const losses: number[] = [];
    const config = toRunConfig({ model, steps, batch, seed, convolution, evaluate: false }, dataset.info);
    const onCommit = ({
      report: { metrics },
    }: {
      readonly report: { readonly metrics: { readonly lossSum: number; readonly images: number } };
    }) => losses.push(metrics.lossSum / metrics.images);
    const run = await serveRun({ dataset, config, host: "127.0.0.1", port: 0, minPeers: 1, root, onReason: () => undefined, onCommit });
    const peers = new HeadlessPeers(run.joinUrls[0] as string, 1);
    await peers.start();
    await Promise.race([run.finished, peers.failed]);
    await peers.finish(10_000);
    await run.close();
    const last = losses.slice(-LAST_STEPS);
    return last.reduce((sum, loss) => sum + loss, 0) / last.length;
  };
  try {
    const losses: Record<ConvolutionChoice, number[]> = { direct: [], winograd: [] };
    for (const seed of SEEDS) {
      for (const convolution of ["direct", "winograd"] as const) {
        const loss = await finalLoss(convolution, seed);
        losses[convolution].push(loss);
        say(`${convolution.padEnd(8)}  seed ${seed}  loss ${loss.toFixed(4)}`);
      }
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.max(...Object.values(losses).map((values) => Math.max(...values) - Math.min(...values)));
    const difference = Math.abs(mean(losses.direct) - mean(losses.winograd));
    const within = difference <= spread;
    say(
      `${model}, ${steps} steps of ${batch} images, mean loss of the last ${LAST_STEPS}: direct ${mean(losses.direct).toFixed(4)}, winograd ${mean(losses.winograd).toFixed(4)}; they differ by ${difference.toFixed(4)}, ${within ? "within" : "beyond"} the seeds' spread of ${spread.toFixed(4)}`,
    );
    return within;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
