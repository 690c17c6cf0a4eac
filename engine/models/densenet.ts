import {
  batchNorm2d,
  concat,
  conv2d,
  globalMeanPool2d,
  identity,
  linear,
  meanPool2d,
  named,
  relu,
  sequential,
} from "../layers/constructors.ts";
import type { Layer } from "../layers/layer.ts";

export interface DensenetOptions {
  readonly depth: number;
  /** Channels that each layer adds. */
  readonly growth: number;
  /** "BC": 1×1 bottlenecks of 4 · growth channels, and transitions that halve the channels. */
  readonly bottleneck: boolean;
}

/** Huang et al. 2017, "Densely Connected Convolutional Networks", section 3: three dense blocks for CIFAR. */
export function densenet({ depth, growth, bottleneck }: DensenetOptions, classes: number): Layer {
  const layers = (depth - 4) / (bottleneck ? 6 : 3);
  if (!Number.isInteger(layers)) throw new Error(`expected a depth of ${bottleneck ? 6 : 3}n + 4 layers, got ${depth}`);
  const block = sequential(...Array.from({ length: layers }, () => denseLayer(growth, bottleneck)));
  const stem = bottleneck ? 2 * growth : 16;
  const afterFirst = transitionChannels(stem + layers * growth, bottleneck);
  const afterSecond = transitionChannels(afterFirst + layers * growth, bottleneck);
  return sequential(
    named("conv1", conv2d(stem, 3, { padding: 1, bias: false })),
    named("dense1", block),
    named("trans1", transition(afterFirst)),
    named("dense2", block),
    named("trans2", transition(afterSecond)),
    named("dense3", block),
    named("bn", batchNorm2d()),
    relu,
    globalMeanPool2d,
    named("linear", linear(classes)),
  );
}

/** New maps before the old ones: the order of the PyTorch models whose weights these are. */
function denseLayer(growth: number, bottleneck: boolean): Layer {
  const grow = conv2d(growth, 3, { padding: 1, bias: false });
  if (!bottleneck) return concat(sequential(named("bn1", batchNorm2d()), relu, named("conv1", grow)), identity);
  const reduce = conv2d(4 * growth, 1, { bias: false });
  const body = sequential(
    named("bn1", batchNorm2d()),
    relu,
    named("conv1", reduce),
    named("bn2", batchNorm2d()),
    relu,
    named("conv2", grow),
  );
  return concat(body, identity);
}

function transition(channels: number): Layer {
  return sequential(named("bn", batchNorm2d()), relu, named("conv", conv2d(channels, 1, { bias: false })), meanPool2d(2));
}

function transitionChannels(channels: number, bottleneck: boolean): number {
  return bottleneck ? Math.floor(channels / 2) : channels;
}
