import type { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { LocalOf, PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount } from "../../wasm/pointer.ts";
import { flushed, flushedFactor } from "./flush.ts";
import { forEachElement } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/*
 * One pass over parameters, gradients and state. Every operation is rounded by itself, in the order written here and in the reference:
 * these bits are the run's bits, so nothing is fused. Settings are read in the order in which they are named.
 */

/** (count, w, g, velocity, settings) */
export function sgd(): Recipe {
  return recipe(["w", "g", "velocity", "settings"], (f, count, w, g, velocity, settings) => {
    const [learningRate, momentum, weightDecay, gradientShare, velocityShare] = readSettings(f, settings, 5);
    forEachElement(f, count, [w, g, velocity], (lanes) => {
      const gradient = decayedGradient(f, g, w.lanes(lanes), weightDecay, lanes);
      const v = flushed(f, momentum.mul(velocity.lanes(lanes)).add(gradient));
      velocity.store(v, 0, lanes);
      const step = gradientShare.mul(gradient).add(velocityShare.mul(v));
      w.store(flushedFactor(f, w.lanes(lanes).sub(learningRate.mul(step))), 0, lanes);
    });
  });
}

/** (count, w, g, square, momentum, settings) */
export function rmsprop(): Recipe {
  return recipe(["w", "g", "square", "momentum", "settings"], (f, count, w, g, square, momentum, settings) => {
    const [learningRate, decay, oneMinusDecay, epsilon, weightDecay, momentumFactor] = readSettings(f, settings, 6);
    forEachElement(f, count, [w, g, square, momentum], (lanes) => {
      const gradient = decayedGradient(f, g, w.lanes(lanes), weightDecay, lanes);
      const s = flushed(f, decay.mul(square.lanes(lanes)).add(oneMinusDecay.mul(gradient.mul(gradient))));
      const m = flushed(f, momentumFactor.mul(momentum.lanes(lanes)).add(gradient.div(s.sqrt().add(epsilon))));
      square.store(s, 0, lanes);
      momentum.store(m, 0, lanes);
      w.store(flushedFactor(f, w.lanes(lanes).sub(learningRate.mul(m))), 0, lanes);
    });
  });
}

/** (count, w, g, m, v, settings) */
export function adam(): Recipe {
  return recipe(["w", "g", "m", "v", "settings"], (f, count, w, g, m, v, settings) => {
    const [stepSize, beta1, oneMinusBeta1, beta2, oneMinusBeta2, varianceScale, epsilon, weightDecay, shrink] = readSettings(
      f,
      settings,
      9,
    );
    forEachElement(f, count, [w, g, m, v], (lanes) => {
      const shrunk = f.f32x4(shrink.mul(w.lanes(lanes)));
      const gradient = decayedGradient(f, g, shrunk, weightDecay, lanes);
      const first = flushed(f, beta1.mul(m.lanes(lanes)).add(oneMinusBeta1.mul(gradient)));
      const second = flushed(f, beta2.mul(v.lanes(lanes)).add(oneMinusBeta2.mul(gradient.mul(gradient))));
      m.store(first, 0, lanes);
      v.store(second, 0, lanes);
      const deviation = second.sqrt().mul(varianceScale).add(epsilon);
      w.store(flushedFactor(f, shrunk.sub(stepSize.mul(first).div(deviation))), 0, lanes);
    });
  });
}

/** (count, w, g, sum, settings) */
export function adagrad(): Recipe {
  return recipe(["w", "g", "sum", "settings"], (f, count, w, g, sum, settings) => {
    const [learningRate, weightDecay, epsilon] = readSettings(f, settings, 3);
    forEachElement(f, count, [w, g, sum], (lanes) => {
      const gradient = decayedGradient(f, g, w.lanes(lanes), weightDecay, lanes);
      const s = flushed(f, sum.lanes(lanes).add(gradient.mul(gradient)));
      sum.store(s, 0, lanes);
      w.store(flushedFactor(f, w.lanes(lanes).sub(learningRate.mul(gradient).div(s.sqrt().add(epsilon)))), 0, lanes);
    });
  });
}

/** (count, w, g, square, delta, settings) */
export function adadelta(): Recipe {
  return recipe(["w", "g", "square", "delta", "settings"], (f, count, w, g, square, delta, settings) => {
    const [learningRate, decay, oneMinusDecay, epsilon, weightDecay] = readSettings(f, settings, 5);
    forEachElement(f, count, [w, g, square, delta], (lanes) => {
      const gradient = decayedGradient(f, g, w.lanes(lanes), weightDecay, lanes);
      const s = flushed(f, decay.mul(square.lanes(lanes)).add(oneMinusDecay.mul(gradient.mul(gradient))));
      const ratio = delta.lanes(lanes).add(epsilon).sqrt().div(s.add(epsilon).sqrt());
      const d = f.f32x4(ratio.mul(gradient));
      square.store(s, 0, lanes);
      delta.store(flushed(f, decay.mul(delta.lanes(lanes)).add(oneMinusDecay.mul(d.mul(d)))), 0, lanes);
      w.store(flushedFactor(f, w.lanes(lanes).sub(learningRate.mul(d))), 0, lanes);
    });
  });
}

/** g + weightDecay · w, flushed: the next operation may square it. */
function decayedGradient(f: FunctionBuilder, g: PointerLocal, w: F32x4, weightDecay: F32x4, lanes: LaneCount): LocalOf["f32x4"] {
  return flushedFactor(f, g.lanes(lanes).add(weightDecay.mul(w)));
}

function readSettings(f: FunctionBuilder, settings: PointerLocal, count: number): readonly LocalOf["f32x4"][] {
  return Array.from({ length: count }, (_, i) => f.f32x4(settings.splat(i)));
}
