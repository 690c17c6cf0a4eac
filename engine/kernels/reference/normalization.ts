import type { Kernels } from "../kernels.ts";
import type { ReferenceMemorySource } from "../reference.ts";
import { flush, flushFactor } from "./flush.ts";

type NormalizationKernels = Pick<
  Kernels,
  "batchNormStatistics" | "batchNorm" | "batchNormReduce" | "batchNormBackward" | "batchNormReluReduce" | "batchNormReluBackward"
>;

export function normalizationReference(memory: ReferenceMemorySource): NormalizationKernels {
  return {
    batchNormStatistics: (channels) => (pixels, x, mean, variance) => {
      const h = memory().f32;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let p = 0; p < pixels; p++) sum += h[x + p * channels + c];
        const center = sum / pixels;
        let squares = 0;
        for (let p = 0; p < pixels; p++) squares += square(h[x + p * channels + c] - center);
        h[mean + c] = flush(center);
        h[variance + c] = flush(squares / pixels);
      }
    },
    batchNorm: (channels, epsilon, fusion) => (pixels, x, mean, variance, gamma, beta, y, residual) => {
      const h = memory().f32;
      for (let p = 0; p < pixels; p++) {
        for (let c = 0; c < channels; c++) {
          const i = p * channels + c;
          const normalized = (h[x + i] - h[mean + c]) / Math.sqrt(h[variance + c] + epsilon);
          const sum = h[gamma + c] * normalized + h[beta + c] + (fusion.residual ? h[residual + i] : 0);
          h[y + i] = flushFactor(fusion.relu && sum < 0 ? 0 : sum);
        }
      }
    },
    batchNormReduce: (channels, epsilon, fusion) => (pixels, dy, y, x, mean, variance, g, dgammaAndDbeta) => {
      const h = memory().f32;
      for (let c = 0; c < channels; c++) {
        let dgamma = 0;
        let dbeta = 0;
        for (let p = 0; p < pixels; p++) {
          const i = p * channels + c;
          const passed = !fusion.relu || h[y + i] > 0 ? h[dy + i] : 0;
          h[g + i] = passed;
          dgamma += (passed * (h[x + i] - h[mean + c])) / Math.sqrt(h[variance + c] + epsilon);
          dbeta += passed;
        }
        h[dgammaAndDbeta + c] = dgamma;
        h[dgammaAndDbeta + channels + c] = dbeta;
      }
    },
    batchNormBackward: (channels, epsilon, accumulate) => (pixels, g, x, mean, variance, gamma, dgammaAndDbeta, dx) => {
      const h = memory().f32;
      for (let p = 0; p < pixels; p++) {
        for (let c = 0; c < channels; c++) {
          const i = p * channels + c;
          const deviation = Math.sqrt(h[variance + c] + epsilon);
          const normalized = (h[x + i] - h[mean + c]) / deviation;
          const dgamma = h[dgammaAndDbeta + c] / pixels;
          const dbeta = h[dgammaAndDbeta + channels + c] / pixels;
          const value = (h[gamma + c] / deviation) * (h[g + i] - dbeta - normalized * dgamma);
          h[dx + i] = flushFactor(accumulate ? h[dx + i] + value : value);
        }
      }
    },
    ...reluReference(memory),
  };
}

type ReluKernels = Pick<Kernels, "batchNormReluReduce" | "batchNormReluBackward">;

function reluReference(memory: ReferenceMemorySource): ReluKernels {
  return {
    batchNormReluReduce: (channels, epsilon) => (pixels, dy, x, mean, variance, gamma, beta, dgammaAndDbeta) => {
      const h = memory().f32;
      for (let c = 0; c < channels; c++) {
        let dgamma = 0;
        let dbeta = 0;
        for (let p = 0; p < pixels; p++) {
          const i = p * channels + c;
          const normalized = (h[x + i] - h[mean + c]) / Math.sqrt(h[variance + c] + epsilon);
          if (!(h[gamma + c] * normalized + h[beta + c] > 0)) continue;
          dgamma += h[dy + i] * normalized;
          dbeta += h[dy + i];
        }
        h[dgammaAndDbeta + c] = dgamma;
        h[dgammaAndDbeta + channels + c] = dbeta;
      }
    },
    batchNormReluBackward: (channels, epsilon, accumulate) => (pixels, dy, x, mean, variance, gamma, beta, dgammaAndDbeta, dx) => {
      const h = memory().f32;
      for (let p = 0; p < pixels; p++) {
        for (let c = 0; c < channels; c++) {
          const i = p * channels + c;
          const deviation = Math.sqrt(h[variance + c] + epsilon);
          const normalized = (h[x + i] - h[mean + c]) / deviation;
          const passed = h[gamma + c] * normalized + h[beta + c] > 0 ? h[dy + i] : 0;
          const dgamma = h[dgammaAndDbeta + c] / pixels;
          const dbeta = h[dgammaAndDbeta + channels + c] / pixels;
          const value = (h[gamma + c] / deviation) * (passed - dbeta - normalized * dgamma);
          h[dx + i] = flushFactor(accumulate ? h[dx + i] + value : value);
        }
      }
    },
  };
}

function square(x: number): number {
  return x * x;
}
