import * as tf from "@tensorflow/tfjs-core";
import type { Conv2dLayer, ZeroPadShortcutLayer } from "../../../engine/layers/layer.ts";
import { conv2dWithGradients } from "./tfjsGradients.ts";
import type { LayerFunctions } from "./translate.ts";

/** Our layers in TF.js, maps [image][row][column][channel]. With `input`, the network's, convolutions get their gradients from us. */
export function tfjsLayers(input: tf.Tensor | undefined): LayerFunctions<tf.Tensor> {
  return {
    conv2d: (x, weight, bias, layer) => {
      const byHand = input !== undefined && layer.groups === 1 && layer.dilation === 1; // our gradients know no more than that
      const y = byHand ? conv2dWithGradients(x, weight, layer, x === input) : convolution(x, weight, layer);
      return bias === undefined ? y : tf.add(y, bias);
    },
    linear: (x, weight, bias) => (bias === undefined ? tf.matMul(x, weight) : tf.add(tf.matMul(x, weight), bias)),
    batchNorm2d: (x, weight, bias, epsilon) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(x, mean, variance, bias, weight, epsilon);
    },
    activations: { relu: tf.relu, sigmoid: tf.sigmoid, tanh: tf.tanh },
    maxPool2d: (x, { kernel, stride, padding }) => tf.maxPool(x, kernel, stride, padding),
    meanPool2d: (x, { kernel, stride, padding, countPadding }) => {
      if (padding > 0 && countPadding) throw new Error("TF.js has no mean pooling that counts padding");
      return tf.avgPool(x, kernel, stride, padding);
    },
    globalMeanPool2d: (x) => tf.mean(x, [1, 2]),
    zeroPadShortcut,
    flatten: (x) => tf.reshape(x, [x.shape[0], -1]),
    scale: tf.mul,
    add: tf.add,
    concat: (parts) => tf.concat(parts, 3),
    again: (x) => x,
  };
}

function convolution(x: tf.Tensor, weight: tf.Tensor, { stride, padding, dilation, groups }: Conv2dLayer): tf.Tensor {
  if (groups === 1) return tf.conv2d(x, weight, stride, padding, "NHWC", dilation);
  const [height, width, inputs, outputs] = weight.shape;
  if (inputs !== 1 || outputs !== x.shape[3]) throw new Error(`TF.js has no convolution in ${groups} groups of ${inputs} channels`);
  return tf.depthwiseConv2d(x, tf.reshape(weight, [height, width, outputs, 1]), stride, padding, "NHWC", dilation);
}

/** Every stride-th row and column by slices of a reshaped map: TF.js's own strided slice has no gradient. */
function zeroPadShortcut(x: tf.Tensor, { outChannels, stride }: ZeroPadShortcutLayer): tf.Tensor {
  const [images, height, width, channels] = x.shape;
  const rows = tf.slice(tf.reshape(x, [images, height / stride, stride * width * channels]), [0, 0, 0], [-1, -1, width * channels]);
  const points = tf.slice(tf.reshape(rows, [-1, width / stride, stride * channels]), [0, 0, 0], [-1, -1, channels]);
  const added = outChannels - channels;
  const none = [0, 0] as const;
  return tf.pad(tf.reshape(points, [images, height / stride, width / stride, channels]), [
    ...[none, none, none],
    [Math.floor(added / 2), Math.ceil(added / 2)],
  ]);
}
