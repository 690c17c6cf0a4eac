import { batchNorm2d, conv2d, convTranspose2d, named, relu, sequential } from "../layers/constructors.ts";
import type { Layer } from "../layers/layer.ts";

/**
 * A convolutional autoencoder (Masci et al. 2011, section 3) with strided convolutions down to 4×4×64, a third of the image's values,
 * and transposed ones back up (Zeiler et al. 2010; Dumoulin and Visin 2016, section 4). Trained on the squared error to its input.
 */
export function autoencoder(imageChannels: number): Layer {
  const down = (channels: number): readonly Layer[] => [conv2d(channels, 3, { stride: 2, padding: 1, bias: false }), batchNorm2d(), relu];
  const up = (channels: number): readonly Layer[] => [
    convTranspose2d(channels, 3, { stride: 2, padding: 1, outputPadding: 1, bias: false }),
    batchNorm2d(),
    relu,
  ];
  const last = convTranspose2d(imageChannels, 3, { stride: 2, padding: 1, outputPadding: 1 });
  return sequential(
    named("encoder", sequential(...down(16), ...down(32), ...down(64))),
    named("decoder", sequential(...up(32), ...up(16), last)),
  );
}
