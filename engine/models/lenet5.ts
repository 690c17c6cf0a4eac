import { conv2d, flatten, linear, maxPool2d, named, relu, sequential } from "../layers/constructors.ts";
import type { Layer } from "../layers/layer.ts";

/** LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II.B; with ReLU and max pooling, as is usual now. */
export function lenet5(classes: number): Layer {
  return sequential(
    named("conv1", conv2d(6, 5)),
    relu,
    maxPool2d(2),
    named("conv2", conv2d(16, 5)),
    relu,
    maxPool2d(2),
    flatten,
    named("fc1", linear(120)),
    relu,
    named("fc2", linear(84)),
    relu,
    named("fc3", linear(classes)),
  );
}
