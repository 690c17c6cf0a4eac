/** A trainable tensor of a model: where it lies in the parameter vector, and what it is in PyTorch. */
export interface ParameterDescriptor {
  /** PyTorch's, as "layer1.0.conv1.weight". */
  readonly name: string;
  /** PyTorch's. */
  readonly shape: readonly number[];
  readonly layout: ParameterLayout;
  readonly initial: "uniform" | "zeros" | "ones";
  /** Of its first element in the parameter vector, and in the gradient vector. */
  readonly offset: number;
  readonly elements: number;
}

/**
 * The engine's order of a parameter's elements: PyTorch's data seen as an array of the shape `view`, with its axes taken in the order `axes`.
 * Without axes the order is the same.
 */
export interface ParameterLayout {
  readonly view: readonly number[];
  readonly axes?: readonly number[];
}

/** The statistics of one batch norm layer: in the vector of statistics the mean lies at `offset`, the variance right after it. */
export interface BatchNormDescriptor {
  /** As "layer1.0.bn1". */
  readonly name: string;
  readonly channels: number;
  readonly offset: number;
  /** Of one image's map: the batch variance is over images · pixels values. */
  readonly pixels: number;
}
