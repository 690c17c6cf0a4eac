import { defaultDevice, init, type JaxArray, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import type { Conv2dLayer, MaxPool2dLayer, ZeroPadShortcutLayer } from "../../../engine/layers/layer.ts";
import { LEARNING_RATE, MOMENTUM, type RivalStep, type StartingPoint } from "./rival.ts";
import { applyLayers, type LayerFunctions } from "./translate.ts";

/** jax-js on its WebAssembly device, on one thread: it takes more only in pages that are isolated from other origins. */
export async function loadJaxJs(): Promise<(point: StartingPoint) => RivalStep> {
  await init("wasm");
  defaultDevice("wasm");
  return startJaxJs;
}

/** The whole step is one compiled function; channels come first. */
function startJaxJs(point: StartingPoint): RivalStep {
  const { definition, images, labels } = point;
  const names = new Map(point.parameters.map(({ name }, i) => [name, i]));
  const batch = np
    .array(channelsFirst(point))
    .reshape([images, definition.input.channels, definition.input.height, definition.input.width]);
  const oneHot = np.array(
    Float32Array.from({ length: images * CLASSES }, (_, i) => Number(labels[Math.floor(i / CLASSES)] === i % CLASSES)),
  );
  const target = oneHot.reshape([images, CLASSES]);

  const train = jit((parameters: Arrays, momenta: Arrays, x: JaxArray, y: JaxArray): [JaxArray, Arrays, Arrays] => {
    const meanLoss = (given: Arrays) => {
      const logits = applyLayers(jaxLayers, definition, (name) => given[names.get(name) ?? -1], x);
      return nn
        .logSoftmax(logits, -1)
        .mul(y)
        .sum()
        .mul(-1 / images);
    };
    const [loss, gradients] = valueAndGrad(meanLoss)(tree.ref(parameters));
    const moved = momenta.map((m, i) => m.mul(MOMENTUM).add(gradients[i]));
    return [loss, parameters.map((p, i) => p.sub(moved[i].ref.mul(LEARNING_RATE))), moved];
  });

  let parameters: Arrays = point.parameters.map(({ channelsFirst: { shape, values } }) => np.array(values).reshape(shape));
  let momenta: Arrays = point.parameters.map(({ channelsFirst: { shape, values } }) =>
    np.array(new Float32Array(values.length)).reshape(shape),
  );
  return async () => {
    const [loss, updated, moved] = train(parameters, momenta, batch.ref, target.ref);
    [parameters, momenta] = [updated, moved];
    return (await loss.data())[0];
  };
}

type Arrays = JaxArray[];

const CLASSES = 10;

const jaxLayers: LayerFunctions<JaxArray> = {
  conv2d,
  linear: (x, weight, bias) => {
    const y = np.matmul(x, weight.transpose());
    return bias === undefined ? y : y.add(bias);
  },
  batchNorm2d: (x, weight, bias, epsilon) => nn.standardize(x, [0, 2, 3], { epsilon }).mul(perChannel(weight)).add(perChannel(bias)),
  activations: { relu: nn.relu, sigmoid: nn.sigmoid, tanh: np.tanh },
  maxPool2d: (x, layer) => lax.reduceWindow(padded(x, layer), np.max, layer.kernel, [layer.stride, layer.stride]),
  meanPool2d: (x, layer) => {
    if (layer.padding > 0) throw new Error("this bench does not translate mean pooling with padding to jax-js");
    return lax.reduceWindow(x, np.mean, layer.kernel, [layer.stride, layer.stride]);
  },
  globalMeanPool2d: (x) => x.mean([2, 3]),
  zeroPadShortcut,
  flatten: (x) => x.reshape([x.shape[0], x.shape.slice(1).reduce((a, b) => a * b, 1)]),
  scale: (x, factor) => x.mul(factor),
  add: (x, y) => x.add(y),
  concat: (parts) => np.concatenate(parts, 1),
  again: (x) => x.ref,
};

function conv2d(x: JaxArray, weight: JaxArray, bias: JaxArray | undefined, { stride, padding, dilation, groups }: Conv2dLayer): JaxArray {
  const sides = [padding, padding] as const;
  const options = { rhsDilation: [dilation, dilation], featureGroupCount: groups };
  const y = lax.convGeneralDilated(x, weight, [stride, stride], [sides, sides], options);
  return bias === undefined ? y : y.add(perChannel(bias));
}

function perChannel(vector: JaxArray): JaxArray {
  return vector.reshape([1, vector.shape[0], 1, 1]);
}

function padded(x: JaxArray, { padding }: MaxPool2dLayer): JaxArray {
  if (padding === 0) return x;
  const [none, sides] = [[0, 0] as const, [padding, padding] as const];
  return np.pad(x, [none, none, sides, sides], { constantValues: Number.NEGATIVE_INFINITY });
}

/** Every stride-th row and column by an axis of its own: jax-js has no strided slices. */
function zeroPadShortcut(x: JaxArray, { outChannels, stride }: ZeroPadShortcutLayer): JaxArray {
  const [images, channels, height, width] = x.shape;
  const points = x.reshape([images, channels, height / stride, stride, width / stride, stride]).slice([], [], [], 0, [], 0);
  const added = outChannels - channels;
  const none = [0, 0] as const;
  return np.pad(points, [none, [Math.floor(added / 2), Math.ceil(added / 2)], none, none]);
}

/** [image][channel][row][column] */
function channelsFirst({ definition, pixels }: StartingPoint): Float32Array {
  const { height, width, channels } = definition.input;
  const plane = height * width;
  return pixels.map((_, i) => {
    const [image, channel, pixel] = [Math.floor(i / (plane * channels)), Math.floor(i / plane) % channels, i % plane];
    return pixels[(image * plane + pixel) * channels + channel];
  });
}
