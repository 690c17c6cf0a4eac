import { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import { I32x4 } from "../../wasm/i32x4.ts";
import type { LocalOf } from "../../wasm/locals.ts";
import type { Activation } from "../kernels.ts";
import { erf } from "./errorFunction.ts";
import { exp, expMinusOne } from "./exponential.ts";
import { flushedFactor } from "./flush.ts";
import { forEachElement } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

type Vector = LocalOf["f32x4"];

const SIGN_BIT = 0x80000000;
const INVERSE_SQRT_TWO_PI = 0.3989422804014327;

/** y = f(x). (elements, x, y) */
export function activation(kind: Activation, slope: number): Recipe {
  return recipe(["x", "y"], (f, elements, x, y) =>
    forEachElement(f, elements, [x, y], (lanes) => y.store(flushedFactor(f, value(f, kind, f.f32x4(x.lanes(lanes)), slope)), 0, lanes)),
  );
}

/** dx (+)= f′ · dy; `x` is the input for gelu, the output for the others. (elements, x, dy, dx) */
export function activationBackward(kind: Activation, slope: number, accumulate: boolean): Recipe {
  return recipe(["x", "dy", "dx"], (f, elements, x, dy, dx) =>
    forEachElement(f, elements, [x, dy, dx], (lanes) => {
      const arriving = kind === "relu" ? f.f32x4(dy.lanes(lanes)) : flushedFactor(f, dy.lanes(lanes)); // of a product
      const gradient = f.f32x4(passed(f, kind, f.f32x4(x.lanes(lanes)), arriving, slope));
      dx.store(flushedFactor(f, accumulate ? dx.lanes(lanes).add(gradient) : gradient), 0, lanes);
    }),
  );
}

function value(f: FunctionBuilder, kind: Activation, x: Vector, slope: number): F32x4 {
  switch (kind) {
    case "relu":
      return x.max(0); // keeps NaN
    case "leakyRelu":
      return x.mul(slope).whereElse(x.less(0), x);
    case "sigmoid":
      return sigmoid(f, x);
    case "tanh":
      return tanh(f, x);
    case "gelu":
      return x.mul(normalDistribution(f, x));
  }
}

/** f′ · dy */
function passed(f: FunctionBuilder, kind: Activation, kept: Vector, dy: Vector, slope: number): F32x4 {
  switch (kind) {
    case "relu":
      return dy.where(kept.greater(0));
    case "leakyRelu":
      return dy.whereElse(kept.greater(0), dy.mul(slope));
    case "sigmoid":
      return dy.mul(kept.mul(F32x4.of(1).sub(kept)));
    case "tanh":
      return dy.mul(F32x4.of(1).sub(kept.mul(kept)));
    case "gelu": {
      const density = exp(f, kept.mul(kept).mul(-0.5)).mul(INVERSE_SQRT_TWO_PI);
      return dy.mul(normalDistribution(f, kept).add(kept.mul(density)));
    }
  }
}

/** 1 / (1 + e^(−x)) for positive x, e^x / (1 + e^x) for negative: no overflow on either side. */
function sigmoid(f: FunctionBuilder, x: Vector): F32x4 {
  const power = exp(f, x.abs().negate());
  return power.whereElse(x.less(0), F32x4.of(1)).div(power.add(1));
}

/** −e/(2 + e) with e = e^(−2|x|) − 1, and the sign of x. */
function tanh(f: FunctionBuilder, x: Vector): F32x4 {
  const e = expMinusOne(f, x.abs().mul(-2));
  const magnitude = e.negate().div(e.add(2));
  return magnitude
    .bits()
    .or(x.bits().and(I32x4.of(SIGN_BIT)))
    .asF32x4();
}

/** Φ(x) = (1 + erf(x/√2)) / 2. */
function normalDistribution(f: FunctionBuilder, x: Vector): Vector {
  return f.f32x4(erf(f, x.mul(Math.SQRT1_2)).add(1).mul(0.5));
}
