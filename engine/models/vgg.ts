import { batchNorm2d, conv2d, flatten, linear, maxPool2d, named, relu, sequential } from "../layers/constructors.ts";
import type { Layer } from "../layers/layer.ts";

export type VggDepth = 11 | 13 | 16 | 19;

/** Channels of the convolutions between the five poolings: Simonyan and Zisserman 2015, table 1, columns A, B, D, E. */
const STAGES: Readonly<Record<VggDepth, readonly (readonly number[])[]>> = {
  11: [[64], [128], [256, 256], [512, 512], [512, 512]],
  13: [
    [64, 64],
    [128, 128],
    [256, 256],
    [512, 512],
    [512, 512],
  ],
  16: [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ],
  19: [
    [64, 64],
    [128, 128],
    [256, 256, 256, 256],
    [512, 512, 512, 512],
    [512, 512, 512, 512],
  ],
};

/** Simonyan and Zisserman 2015, "Very Deep Convolutional Networks", with one linear layer after the last pooling, as is usual for CIFAR. */
export function vgg(depth: VggDepth, normalized: boolean, classes: number): Layer {
  const block = (channels: number): readonly Layer[] => {
    const convolution = conv2d(channels, 3, { padding: 1 });
    return normalized ? [convolution, batchNorm2d(), relu] : [convolution, relu];
  };
  const features = STAGES[depth].flatMap((stage) => [...stage.flatMap(block), maxPool2d(2)]);
  return sequential(named("features", sequential(...features)), flatten, named("classifier", linear(classes)));
}
