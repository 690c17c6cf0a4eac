import { F32x4 } from "../../wasm/f32x4.ts";
import { F32 } from "../../wasm/floats.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { F32Local, PointerLocal } from "../../wasm/locals.ts";
import { FACTOR_FLUSHED_BELOW } from "../flushThresholds.ts";
import { exp, log } from "./exponential.ts";
import { type Recipe, recipe } from "./recipe.ts";

/**
 * For each image: loss[0] += −Σ target · ln softmax, correct[0] += 1 where the first largest logit is the label,
 * dlogits = softmax (0 where it is below 2^-56) − target, with target = label smoothing / classes, and 1 − label smoothing more at the label.
 * All exponents are differences from the largest logit, so nothing overflows. (images, logits, labels, loss, correct, dlogits)
 */
export function softmaxCrossEntropy(classes: number, labelSmoothing: number): Recipe {
  return recipe(["logits", "labels", "loss", "correct", "dlogits"], (f, images, logits, labels, loss, correct, dlogits) => {
    const total = f.f32(loss.f32());
    const right = f.i32(correct.i32());
    const strides = [[labels, 1] as const, [logits, classes] as const, [dlogits, classes] as const];
    f.walk(images, strides, () => {
      const { best, largest } = firstLargest(f, logits, classes);
      right.increase(best.equal(labels.i32()));
      const sum = exponentials(f, logits, dlogits, classes, largest);
      const logSum = f.f32(log(f, F32x4.of(sum)).lane(0));
      const cost = f.f32(0);
      const [logit, gradient] = [f.pointer(logits), f.pointer(dlogits)];
      const [target, probability] = [f.f32(), f.f32()];
      f.loop(classes, (k) => {
        const everywhere = labelSmoothing / classes;
        target.set(F32.of(everywhere + 1 - labelSmoothing).onlyIf(k.equal(labels.i32()), everywhere));
        probability.set(gradient.f32().div(sum));
        probability.set(F32.of(0).onlyIf(probability.less(FACTOR_FLUSHED_BELOW), probability));
        gradient.store(probability.sub(target));
        const share = largest.sub(logit.f32()).add(logSum).mul(target);
        cost.set(cost.add(share).onlyIf(target.greater(0), cost));
        logit.advance(1);
        gradient.advance(1);
      });
      total.set(total.add(cost));
    });
    loss.store(total);
    correct.store(right);
  });
}

function firstLargest(f: FunctionBuilder, logits: PointerLocal, classes: number) {
  const [best, largest, logit] = [f.i32(0), f.f32(logits.f32()), f.pointer(logits)];
  f.loop(classes, (k) => {
    f.if(logit.f32().greater(largest), () => {
      best.set(k);
      largest.set(logit.f32());
    });
    logit.advance(1);
  });
  return { best, largest };
}

/** dlogits[k] = e^(logits[k] − largest); returns their sum. */
function exponentials(f: FunctionBuilder, logits: PointerLocal, dlogits: PointerLocal, classes: number, largest: F32Local) {
  const [logit, exponential, sum] = [f.pointer(logits), f.pointer(dlogits), f.f32(0)];
  const strides = [[logit, 1] as const, [exponential, 1] as const];
  f.walk(classes, strides, () => {
    const value = exp(f, F32x4.of(logit.f32().sub(largest)));
    exponential.store(value, 0, 1);
    sum.set(sum.add(value.lane(0)));
  });
  return sum;
}
