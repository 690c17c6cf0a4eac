import { batchNorm2d, conv2d, flatten, linear, maxPool2d, named, relu, scale, sequential } from "../layers/constructors.ts";
import type { Layer } from "../layers/layer.ts";

/** Channels of the three blocks: the narrow network of airbench93, 0.57 million parameters. */
const WIDTHS = [64, 128, 128] as const;

/** 2×2 patches of three channels have 12 components; with their negatives these are the filters of the first layer. */
const WHITENING_FILTERS = 24;

/**
 * A network that learns in few steps, after airbench (Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", sections 3.1 and 3.2):
 * a frozen whitening convolution, filters that begin as the identity, batch norm without scale, scaled logits. With ReLU for GELU, and
 * logits over 16 √channels, which for few channels is gentler than over the channels.
 */
export function fast(classes: number): Layer {
  const [first, second, third] = WIDTHS;
  return sequential(
    named("whiten", conv2d(WHITENING_FILTERS, 2, { initial: "whitening" })),
    relu,
    named("block1", block(first)),
    named("block2", block(second)),
    named("block3", block(third)),
    maxPool2d(3),
    flatten,
    named("head", linear(classes, { bias: false })),
    scale(1 / (16 * Math.sqrt(third))),
  );
}

/** Figure 1: the pooling right after the first convolution. */
function block(channels: number): Layer {
  const convolution = conv2d(channels, 3, { padding: 1, bias: false, initial: "dirac" });
  const norm = batchNorm2d({ scale: false });
  return sequential(
    named("conv1", convolution),
    maxPool2d(2),
    named("norm1", norm),
    relu,
    named("conv2", convolution),
    named("norm2", norm),
    relu,
  );
}
