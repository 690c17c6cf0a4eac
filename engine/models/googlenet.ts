import { batchNorm2d, concat, conv2d, globalMeanPool2d, linear, maxPool2d, named, relu, sequential } from "../layers/constructors.ts";
import type { Layer } from "../layers/layer.ts";

/** Channels of one inception module. */
interface Inception {
  readonly one: number;
  readonly threeReduced: number;
  readonly three: number;
  readonly fiveReduced: number;
  readonly five: number;
  readonly pooled: number;
}

/** Szegedy et al. 2015, "Going Deeper with Convolutions", table 1. */
const MODULES = {
  a3: widths(64, 96, 128, 16, 32, 32),
  b3: widths(128, 128, 192, 32, 96, 64),
  a4: widths(192, 96, 208, 16, 48, 64),
  b4: widths(160, 112, 224, 24, 64, 64),
  c4: widths(128, 128, 256, 24, 64, 64),
  d4: widths(112, 144, 288, 32, 64, 64),
  e4: widths(256, 160, 320, 32, 128, 128),
  a5: widths(256, 160, 320, 32, 128, 128),
  b5: widths(384, 192, 384, 48, 128, 128),
} as const;

/** Szegedy et al. 2015, section 5, for 32×32 images: a 3×3 stem, batch norm, two 3×3 convolutions for one 5×5, no auxiliary classifiers. */
export function googlenet(classes: number): Layer {
  const modules = (...names: readonly (keyof typeof MODULES)[]): readonly Layer[] =>
    names.map((name) => named(name, inception(MODULES[name])));
  const pool = maxPool2d(3, { stride: 2, padding: 1 });
  return sequential(
    named("pre_layers", sequential(...convolution(192, 3))),
    ...modules("a3", "b3"),
    pool,
    ...modules("a4", "b4", "c4", "d4", "e4"),
    pool,
    ...modules("a5", "b5"),
    globalMeanPool2d,
    named("linear", linear(classes)),
  );
}

/** Figure 2 (b). */
function inception({ one, threeReduced, three, fiveReduced, five, pooled }: Inception): Layer {
  return concat(
    named("b1", sequential(...convolution(one, 1))),
    named("b2", sequential(...convolution(threeReduced, 1), ...convolution(three, 3))),
    named("b3", sequential(...convolution(fiveReduced, 1), ...convolution(five, 3), ...convolution(five, 3))),
    named("b4", sequential(maxPool2d(3, { stride: 1, padding: 1 }), ...convolution(pooled, 1))),
  );
}

function convolution(channels: number, kernel: 1 | 3): readonly Layer[] {
  return [conv2d(channels, kernel, { padding: (kernel - 1) / 2 }), batchNorm2d(), relu];
}

function widths(one: number, threeReduced: number, three: number, fiveReduced: number, five: number, pooled: number): Inception {
  return { one, threeReduced, three, fiveReduced, five, pooled };
}
