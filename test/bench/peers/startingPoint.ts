import { createEngine, hashKey, type Model, type ModelDefinition, streamWord } from "../../../engine/index.ts";
import { LEARNING_RATE, MOMENTUM, type StartingParameter, type StartingPoint } from "./rival.ts";

/** Our own initial weights, and images of noise. */
export async function startingPoint(definition: ModelDefinition, images: number): Promise<StartingPoint> {
  const model = await createEngine().model(definition, { microBatch: images, seed: 1 });
  const { height, width, channels } = definition.input;
  const key = hashKey(7);
  return {
    definition,
    images,
    pixels: Float32Array.from({ length: images * height * width * channels }, (_, i) => (streamWord(key, 0, i) / 2 ** 32) * 3.4 - 1.7),
    labels: Int32Array.from({ length: images }, (_, i) => streamWord(key, 1, i) % 10),
    parameters: startingParameters(model),
  };
}

/** So many first steps of every engine are compared with ours. */
export const CHECKED_STEPS = 3;

/** The losses of our first steps from there: what every other engine's have to be. */
export async function ourLosses({ definition, images, pixels, labels }: StartingPoint): Promise<readonly number[]> {
  const model = await createEngine().model(definition, { microBatch: images, seed: 1 });
  const optimizer = await model.optimizer({ type: "sgd", momentum: MOMENTUM });
  return Array.from({ length: CHECKED_STEPS }, () => {
    const { loss } = model.gradient({ images: pixels, labels });
    optimizer.step(LEARNING_RATE);
    return loss;
  });
}

/** The largest difference, as a share of our largest loss: after a few steps a loss may be next to nothing. */
export function largestDifference(losses: readonly number[], ours: readonly number[]): number {
  return Math.max(...ours.map((loss, step) => Math.abs(losses[step] - loss))) / Math.max(...ours);
}

function startingParameters(model: Model): readonly StartingParameter[] {
  const tensors = new Map(model.stateDict().map((tensor) => [tensor.name, tensor]));
  return model.parameters.map(({ name, shape, offset, elements }) => {
    const channelsFirst = tensors.get(name);
    if (channelsFirst === undefined) throw new Error(`expected a tensor ${name} in the model's state, got none of that name`);
    const [out = elements, inputs, height, width] = shape;
    const lastShape =
      inputs === undefined ? [out] : height === undefined || width === undefined ? [inputs, out] : [height, width, inputs, out];
    const values = Float32Array.from(model.parameterVector.subarray(offset, offset + elements));
    return { name, channelsFirst, channelsLast: { shape: lastShape, values } };
  });
}
