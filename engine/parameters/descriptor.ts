/** A tensor of a model: where it lies in the parameter vector, and what it is in PyTorch. */
export interface ParameterDescriptor {
  /** PyTorch's, as "layer1.0.conv1.weight". */
  readonly name: string;
  /** PyTorch's. */
  readonly shape: readonly number[];
  readonly layout: ParameterLayout;
  readonly initial: InitialValues;
  /** It has no gradient and no update: the parameter vector is [trainable tensors | frozen tensors]. */
  readonly frozen: boolean;
  /** Of its first element in the parameter vector, and, unless it is frozen, in the gradient vector. */
  readonly offset: number;
  readonly elements: number;
}

/**
 * "uniform": He-uniform. "dirac": the first filters hand their input channel on, the others are small. "whitening": He-uniform until
 * the first images are there, and then their principal components.
 */
type InitialValues = "uniform" | "zeros" | "ones" | "dirac" | "whitening";

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
