import type { ParameterDescriptor, ParameterLayout } from "./descriptor.ts";

type Floats = Float32Array | Float64Array;

/** PyTorch's [out][in][height][width] (and [out][in], with in = (c, h, w) after a flatten) to ours, [height][width][in][out]. */
export const FILTER_AXES: readonly number[] = [2, 3, 1, 0];

/** Writes a parameter, given in PyTorch's order, into the engine's parameter vector. */
export function writeParameter(vector: Floats, descriptor: ParameterDescriptor, values: ArrayLike<number>): void {
  if (values.length !== descriptor.elements) {
    throw new Error(`${descriptor.name}: expected ${descriptor.elements} elements (${descriptor.shape.join("×")}), got ${values.length}`);
  }
  forEachElement(descriptor.layout, descriptor.elements, (engine, torch) => {
    vector[descriptor.offset + engine] = values[torch];
  });
}

/** A parameter (or its gradient: any vector of that layout) in PyTorch's order. */
export function readParameter(vector: Floats, descriptor: ParameterDescriptor): Float32Array {
  const values = new Float32Array(descriptor.elements);
  forEachElement(descriptor.layout, descriptor.elements, (engine, torch) => {
    values[torch] = vector[descriptor.offset + engine];
  });
  return values;
}

/** Visits the elements in the engine's order. */
function forEachElement({ view, axes }: ParameterLayout, elements: number, visit: (engine: number, torch: number) => void): void {
  const order = axes ?? view.map((_, axis) => axis);
  const sizes = order.map((axis) => view[axis]);
  const strides = order.map((axis) => view.slice(axis + 1).reduce((a, b) => a * b, 1));
  const position = order.map(() => 0);
  for (let engine = 0, torch = 0; engine < elements; engine++) {
    visit(engine, torch);
    // Step to the next position as an odometer does: the last axis first.
    for (let axis = order.length - 1; axis >= 0; axis--) {
      torch += strides[axis];
      position[axis] += 1;
      if (position[axis] < sizes[axis]) break;
      torch -= strides[axis] * sizes[axis];
      position[axis] = 0;
    }
  }
}
