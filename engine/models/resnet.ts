import {
  batchNorm2d,
  conv2d,
  globalMeanPool2d,
  identity,
  linear,
  named,
  relu,
  residual,
  sequential,
  zeroPadShortcut,
} from "../layers/constructors.ts";
import type { Layer } from "../layers/layer.ts";

/**
 * He et al. 2015, "Deep Residual Learning for Image Recognition", section 4.2: 6n + 2 layers for CIFAR-10,
 * three stages of n blocks with 16, 32 and 64 channels, shortcuts without parameters (option A).
 */
export function resnetCifar(depth: number, classes: number): Layer {
  const blocks = (depth - 2) / 6;
  if (!Number.isInteger(blocks)) throw new Error(`expected a depth of 6n + 2 layers, got ${depth}`);
  return resnet(16, [16, 32, 64], blocks, zeroPadShortcut, classes);
}

/** He et al. 2015, table 1 (18 layers) with the stem of section 4.2, and projections (option B) where the shape changes. */
export function resnet18(classes: number): Layer {
  const projection = (channels: number, stride: number): Layer => sequential(conv2d(channels, 1, { stride, bias: false }), batchNorm2d());
  return resnet(64, [64, 128, 256, 512], 2, projection, classes);
}

type Shortcut = (channels: number, stride: number) => Layer;

function resnet(stem: number, stages: readonly number[], blocks: number, shortcut: Shortcut, classes: number): Layer {
  return sequential(
    named("conv1", conv2d(stem, 3, { padding: 1, bias: false })),
    named("bn1", batchNorm2d()),
    relu,
    ...stages.map((channels, stage) => {
      const first = stage === 0 ? basicBlock(channels, 1, identity) : basicBlock(channels, 2, shortcut(channels, 2));
      const rest = Array.from({ length: blocks - 1 }, () => basicBlock(channels, 1, identity));
      return named(`layer${stage + 1}`, sequential(first, ...rest));
    }),
    globalMeanPool2d,
    named("linear", linear(classes)),
  );
}

/** Section 3.2, figure 2: relu(x + bn(conv(relu(bn(conv(x)))))). */
function basicBlock(channels: number, stride: number, shortcut: Layer): Layer {
  const body = sequential(
    named("conv1", conv2d(channels, 3, { stride, padding: 1, bias: false })),
    named("bn1", batchNorm2d()),
    relu,
    named("conv2", conv2d(channels, 3, { padding: 1, bias: false })),
    named("bn2", batchNorm2d()),
  );
  return residual(body, shortcut, { relu: true });
}
