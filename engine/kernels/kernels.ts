/**
 * The kernels of the engine: one line of meaning each, declared once here, written twice
 * (`reference.ts` is the definition, `generate/` the fast one).
 *
 * A kernel is made for a shape when a model is built, and run many times. It is called with a count first (images, unless
 * said otherwise) and then one `Address` per buffer, in the order of the comment: at most eight numbers.
 * Maps are NHWC without padding in memory; convolution filters are [kernelHeight][kernelWidth][channels / groups][outChannels].
 *
 * `accumulate` says whether the output is added to (true) or overwritten (false): backward *adds*, and the first to add overwrites.
 */

/** Index of a 32-bit element in the engine's memory (byte address / 4). */
export type Address = number;

export type Kernel = (count: number, ...addresses: Address[]) => void;

export interface Conv2dShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

export interface Pool2dShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
}

/** Copies a channel range of a map into a channel range of another, every `stride`-th pixel of the source. */
export interface CopyChannelsShape {
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  readonly fromChannels: number;
  readonly fromOffset: number;
  readonly toChannels: number;
  readonly toOffset: number;
  readonly channels: number;
}

/** What follows a normalisation in the same pass over memory. */
export interface BatchNormFusion {
  readonly residual: boolean;
  readonly relu: boolean;
}

export type Activation = "relu" | "leakyRelu" | "sigmoid" | "tanh" | "gelu";

export interface LocalResponseNormShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

export interface Kernels {
  /** y = x ∗ w (cross-correlation). (images, x, w, y) */
  conv2d(shape: Conv2dShape): Kernel;
  /** dx (+)= dy ∗ flipped w. (images, dy, w, dx) */
  conv2dInputGradient(shape: Conv2dShape, accumulate: boolean): Kernel;
  /** dw (+)= correlation of x with dy, summed over the images. (images, x, dy, dw) */
  conv2dWeightGradient(shape: Conv2dShape, accumulate: boolean): Kernel;
  /** y[p, c] += b[c] for every pixel p [then ReLU]. (pixels, b, y) */
  addBias(channels: number, relu: boolean): Kernel;
  /** db[c] (+)= Σ_p dy[p, c]. (pixels, dy, db) */
  biasGradient(channels: number, accumulate: boolean): Kernel;
  /** With the ReLU: dy = dy where y > 0, in place, and db[c] (+)= Σ_p of that. (pixels, y, dy, db) */
  biasReluGradient(channels: number, accumulate: boolean): Kernel;

  /** y = maximum of each window, argmax = its offset in the image's map as int32 (first of equals wins). (images, x, y, argmax) */
  maxPool2d(shape: Pool2dShape): Kernel;
  /** dx[argmax] += dy, after zeroing dx unless it accumulates. (images, dy, argmax, dx) */
  maxPool2dBackward(shape: Pool2dShape, accumulate: boolean): Kernel;
  /** y = mean of each window; padding counts as zeros when `countPadding`. (images, x, y) */
  meanPool2d(shape: Pool2dShape, countPadding: boolean): Kernel;
  /** (images, dy, dx) */
  meanPool2dBackward(shape: Pool2dShape, countPadding: boolean, accumulate: boolean): Kernel;

  /** mean[c], variance[c] (biased) over the pixels. (pixels, x, mean, variance) */
  batchNormStatistics(channels: number): Kernel;
  /** y = gamma (x − mean) / √(variance + epsilon) + beta [+ residual] [then ReLU]. (pixels, x, mean, variance, gamma, beta, y, residual) */
  batchNorm(channels: number, epsilon: number, fusion: BatchNormFusion): Kernel;
  /**
   * g = dy, or dy where y > 0 with a fused ReLU (written to `g`, which may be dy); dgamma, dbeta (+)= sums over the pixels.
   * (pixels, dy, y, x, mean, variance, g, dgammaAndDbeta) — the two are neighbours: dgamma[c] then dbeta[c], always overwritten.
   */
  batchNormReduce(channels: number, epsilon: number, fusion: BatchNormFusion): Kernel;
  /** dx (+)= gamma / √(variance + epsilon) · (g − dbeta/pixels − x̂ · dgamma/pixels). (pixels, g, x, mean, variance, gamma, dgammaAndDbeta, dx) */
  batchNormBackward(channels: number, epsilon: number, accumulate: boolean): Kernel;

  /**
   * The two for a batch norm with a ReLU and nothing between: what passed the ReLU is seen from x again, g is never stored.
   * (pixels, dy, x, mean, variance, gamma, beta, dgammaAndDbeta)
   */
  batchNormReluReduce(channels: number, epsilon: number): Kernel;
  /** (pixels, dy, x, mean, variance, gamma, beta, dgammaAndDbeta, dx) */
  batchNormReluBackward(channels: number, epsilon: number, accumulate: boolean): Kernel;

  /** y = f(x). (elements, x, y) */
  activation(kind: Activation, slope: number): Kernel;
  /** dx (+)= f′ · dy; `x` is the input for gelu, the output for the others. (elements, x, dy, dx) */
  activationBackward(kind: Activation, slope: number, accumulate: boolean): Kernel;
  /** y = a + b. (elements, a, b, y) */
  add(): Kernel;
  /** x = 0 where |x| < 2^-56, in place: before products read what nobody has flushed. (elements, x) */
  flush(): Kernel;
  /** y (+)= x. (elements, x, y) */
  copy(accumulate: boolean): Kernel;
  /** y = factor · x. (elements, x, y) */
  scale(factor: number): Kernel;
  /** Forward: fills the rest of y with zeros when it covers less (the zero-padding shortcut). (images, x, y) */
  copyChannels(shape: CopyChannelsShape, zeroRest: boolean): Kernel;
  /** The transpose: dx (+)= the channel range of dy, zero elsewhere. (images, dy, dx) */
  copyChannelsBackward(shape: CopyChannelsShape, accumulate: boolean): Kernel;
  /** y = x · mask / (1 − rate), mask by hash32 of (key[0], key[1], element index); mask is stored as factors. (elements, x, key, y, mask) */
  dropout(rate: number): Kernel;
  /** dx (+)= dy · mask. (elements, dy, mask, dx) */
  multiply(accumulate: boolean): Kernel;
  /** y = x / (k + alpha/size Σ x²)^beta over `size` neighbouring channels; `denominator` keeps the bracket. (images, x, y, denominator) */
  localResponseNorm(shape: LocalResponseNormShape): Kernel;
  /** (images, x, y, denominator, dy, dx) */
  localResponseNormBackward(shape: LocalResponseNormShape, accumulate: boolean): Kernel;

  /**
   * For each image: loss[0] += cross-entropy of the smoothed label, correct[0] += 1 (int32) where the first largest logit is the label,
   * dlogits = gradient of the *summed* loss. (images, logits, labels (int32), loss, correct, dlogits)
   */
  softmaxCrossEntropy(classes: number, labelSmoothing: number): Kernel;
  /** loss[0] += Σ (x − target)² / elementsPerImage, dx = its gradient. (images, x, target, loss, dx) */
  meanSquaredError(elementsPerImage: number): Kernel;
}
