import { batchNorm2d, conv2d, globalMeanPool2d, linear, named, relu, sequential } from "../layers/constructors.ts";
import type { Layer } from "../layers/layer.ts";

/** [channels in, channels out, stride] of the separable convolutions: Howard et al. 2017, table 1, with strides for 32×32 images. */
const BLOCKS: readonly (readonly [number, number, number])[] = [
  [32, 64, 1],
  [64, 128, 2],
  [128, 128, 1],
  [128, 256, 2],
  [256, 256, 1],
  [256, 512, 2],
  [512, 512, 1],
  [512, 512, 1],
  [512, 512, 1],
  [512, 512, 1],
  [512, 512, 1],
  [512, 1024, 2],
  [1024, 1024, 1],
];

/** Howard et al. 2017, "MobileNets", section 3.2. */
export function mobilenet(classes: number): Layer {
  return sequential(
    named("conv1", conv2d(32, 3, { padding: 1, bias: false })),
    named("bn1", batchNorm2d()),
    relu,
    named("layers", sequential(...BLOCKS.map(([from, to, stride]) => separable(from, to, stride)))),
    globalMeanPool2d,
    named("linear", linear(classes)),
  );
}

/** Figure 3: a depthwise convolution, then a pointwise one, each with batch norm and ReLU. */
function separable(from: number, to: number, stride: number): Layer {
  return sequential(
    named("conv1", conv2d(from, 3, { stride, padding: 1, groups: from, bias: false })),
    named("bn1", batchNorm2d()),
    relu,
    named("conv2", conv2d(to, 1, { bias: false })),
    named("bn2", batchNorm2d()),
    relu,
  );
}
