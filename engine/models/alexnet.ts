import { conv2d, dropout, flatten, linear, maxPool2d, named, relu, sequential } from "../layers/constructors.ts";
import type { Layer } from "../layers/layer.ts";

/**
 * Krizhevsky et al. 2012, "ImageNet Classification with Deep Convolutional Neural Networks", section 3.5, in the form that is usual for
 * 32×32 images: smaller windows, no local response norm, one tower.
 */
export function alexnet(classes: number): Layer {
  const features = sequential(
    conv2d(64, 3, { stride: 2, padding: 1 }),
    relu,
    maxPool2d(2),
    conv2d(192, 3, { padding: 1 }),
    relu,
    maxPool2d(2),
    conv2d(384, 3, { padding: 1 }),
    relu,
    conv2d(256, 3, { padding: 1 }),
    relu,
    conv2d(256, 3, { padding: 1 }),
    relu,
    maxPool2d(2),
  );
  const classifier = sequential(dropout(0.5), linear(4096), relu, dropout(0.5), linear(4096), relu, linear(classes));
  return sequential(named("features", features), flatten, named("classifier", classifier));
}
