import { exp } from "../../numerics/exp.ts";
import { log } from "../../numerics/log.ts";
import type { Kernels } from "../kernels.ts";
import type { ReferenceMemorySource } from "../reference.ts";
import { flushFactor } from "./flush.ts";

type LossKernels = Pick<Kernels, "softmaxCrossEntropy" | "meanSquaredError">;

export function lossReference(memory: ReferenceMemorySource): LossKernels {
  return {
    softmaxCrossEntropy: (classes, labelSmoothing) => (images, logits, labels, loss, correct, dlogits) => {
      const { f32, i32 } = memory();
      for (let image = 0; image < images; image++) {
        const label = i32[labels + image];
        const z = Array.from({ length: classes }, (_, k) => f32[logits + image * classes + k]);
        const best = firstLargest(z);
        const exponentials = z.map((value) => exp(value - z[best]));
        const sum = exponentials.reduce((a, b) => a + b);
        let cost = 0;
        for (let k = 0; k < classes; k++) {
          const target = (k === label ? 1 - labelSmoothing : 0) + labelSmoothing / classes;
          const probability = exponentials[k] / sum;
          if (target > 0) cost -= target * (z[k] - z[best] - log(sum));
          f32[dlogits + image * classes + k] = flushFactor(probability) - target;
        }
        f32[loss] += cost;
        if (best === label) i32[correct] += 1;
      }
    },
    meanSquaredError: (elementsPerImage) => (images, x, target, loss, dx) => {
      const h = memory().f32;
      for (let image = 0; image < images; image++) {
        let squares = 0;
        for (let i = image * elementsPerImage; i < (image + 1) * elementsPerImage; i++) {
          const difference = h[x + i] - h[target + i];
          squares += difference * difference;
          h[dx + i] = flushFactor((2 / elementsPerImage) * difference);
        }
        h[loss] += squares / elementsPerImage;
      }
    },
  };
}

function firstLargest(values: readonly number[]): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
  return best;
}
