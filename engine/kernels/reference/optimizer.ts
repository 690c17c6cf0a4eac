import type { ReferenceMemorySource } from "../reference.ts";
import type { VectorKernels } from "../vectorKernels.ts";
import { flush, flushFactor } from "./flush.ts";

type OptimizerKernels = Pick<VectorKernels, "sgd" | "adam" | "rmsprop" | "adagrad" | "adadelta">;

const f = Math.fround; // every operation is rounded to f32, in the order written: these bits are the run's bits
const root = (x: number): number => f(Math.sqrt(x));

/** The settings are read in the order of the names taken out of them; engine/optimizers says what they are made of. */
export function optimizerReference(memory: ReferenceMemorySource): OptimizerKernels {
  return { ...momentumReference(memory), ...adaptiveReference(memory) };
}

function momentumReference(memory: ReferenceMemorySource): Pick<OptimizerKernels, "sgd" | "rmsprop"> {
  return {
    sgd: (count, w, g, velocity, settings) => {
      const h = memory().f32;
      const [learningRate, momentum, weightDecay, gradientShare, velocityShare] = h.subarray(settings, settings + 5);
      for (let i = 0; i < count; i++) {
        const gradient = flushFactor(f(h[g + i] + f(weightDecay * h[w + i])));
        const v = flush(f(f(momentum * h[velocity + i]) + gradient));
        h[velocity + i] = v;
        h[w + i] = flushFactor(f(h[w + i] - f(learningRate * f(f(gradientShare * gradient) + f(velocityShare * v)))));
      }
    },
    rmsprop: (count, w, g, square, momentum, settings) => {
      const h = memory().f32;
      const [learningRate, decay, oneMinusDecay, epsilon, weightDecay, momentumFactor] = h.subarray(settings, settings + 6);
      for (let i = 0; i < count; i++) {
        const gradient = flushFactor(f(h[g + i] + f(weightDecay * h[w + i])));
        const s = flush(f(f(decay * h[square + i]) + f(oneMinusDecay * f(gradient * gradient))));
        const m = flush(f(f(momentumFactor * h[momentum + i]) + f(gradient / f(root(s) + epsilon))));
        h[square + i] = s;
        h[momentum + i] = m;
        h[w + i] = flushFactor(f(h[w + i] - f(learningRate * m)));
      }
    },
  };
}

function adaptiveReference(memory: ReferenceMemorySource): Pick<OptimizerKernels, "adam" | "adagrad" | "adadelta"> {
  return {
    adam: (count, w, g, m, v, settings) => {
      const h = memory().f32;
      const [stepSize, beta1, oneMinusBeta1, beta2, oneMinusBeta2, varianceScale, epsilon, weightDecay, shrink] = h.subarray(
        settings,
        settings + 9,
      );
      for (let i = 0; i < count; i++) {
        const shrunk = f(shrink * h[w + i]);
        const gradient = flushFactor(f(h[g + i] + f(weightDecay * shrunk)));
        const first = flush(f(f(beta1 * h[m + i]) + f(oneMinusBeta1 * gradient)));
        const second = flush(f(f(beta2 * h[v + i]) + f(oneMinusBeta2 * f(gradient * gradient))));
        h[m + i] = first;
        h[v + i] = second;
        h[w + i] = flushFactor(f(shrunk - f(f(stepSize * first) / f(f(root(second) * varianceScale) + epsilon))));
      }
    },
    adagrad: (count, w, g, sum, settings) => {
      const h = memory().f32;
      const [learningRate, weightDecay, epsilon] = h.subarray(settings, settings + 3);
      for (let i = 0; i < count; i++) {
        const gradient = flushFactor(f(h[g + i] + f(weightDecay * h[w + i])));
        const s = flush(f(h[sum + i] + f(gradient * gradient)));
        h[sum + i] = s;
        h[w + i] = flushFactor(f(h[w + i] - f(f(learningRate * gradient) / f(root(s) + epsilon))));
      }
    },
    adadelta: (count, w, g, square, delta, settings) => {
      const h = memory().f32;
      const [learningRate, decay, oneMinusDecay, epsilon, weightDecay] = h.subarray(settings, settings + 5);
      for (let i = 0; i < count; i++) {
        const gradient = flushFactor(f(h[g + i] + f(weightDecay * h[w + i])));
        const s = flush(f(f(decay * h[square + i]) + f(oneMinusDecay * f(gradient * gradient))));
        const d = f(f(root(f(h[delta + i] + epsilon)) / root(f(s + epsilon))) * gradient);
        h[square + i] = s;
        h[delta + i] = flush(f(f(decay * h[delta + i]) + f(oneMinusDecay * f(d * d))));
        h[w + i] = flushFactor(f(h[w + i] - f(learningRate * d)));
      }
    },
  };
}
