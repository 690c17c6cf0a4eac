/** The shape of one image's map in a tensor: NHWC without N. A vector is a map of one pixel. */
export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The map that a flattened vector was: a linear layer's PyTorch weights count its elements as (c, h, w), ours as (h, w, c). */
  readonly flattenedFrom?: Shape;
}

export function elementsOf(shape: Shape): number {
  return shape.height * shape.width * shape.channels;
}

export function pixelsOf(shape: Shape): number {
  return shape.height * shape.width;
}

/** "32×32×3", for messages. */
export function shapeText(shape: Shape): string {
  return `${shape.height}×${shape.width}×${shape.channels}`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}
