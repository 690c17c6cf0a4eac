import { read, update, write } from "../graph/call.ts";
import { type Graph, gradientOf } from "../graph/graph.ts";
import type { Shape } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { CopyChannelsShape } from "../kernels/kernels.ts";

/** y[n, p, :] = the channels of all parts, one after the other. */
export function concat(g: Graph, parts: readonly Tensor[]): Tensor {
  const first = parts[0];
  if (first === undefined) throw new Error("concat expects at least one part, got none");
  const { height, width } = first.shape;
  const toChannels = parts.reduce((sum, part) => sum + part.shape.channels, 0);
  const y = g.tensor({ height, width, channels: toChannels }, ...parts);
  let toOffset = 0;
  for (const part of parts) {
    const { channels } = part.shape;
    const range = { height, width, stride: 1, fromChannels: channels, fromOffset: 0, toChannels, toOffset, channels };
    copyChannels(g, part, y, range, toOffset === 0, false);
    toOffset += channels;
  }
  return y;
}

/** Option A of He et al. 2015, section 4.2: every `stride`-th pixel, and new channels of zeros, half before and half after the old ones. */
export function zeroPadShortcut(g: Graph, x: Tensor, outChannels: number, stride: number): Tensor {
  const { height, width, channels } = x.shape;
  const y = g.tensor(zeroPadShortcutShape(x.shape, outChannels, stride), x);
  const toOffset = Math.floor((outChannels - channels) / 2);
  const range = { height, width, stride, fromChannels: channels, fromOffset: 0, toChannels: outChannels, toOffset, channels };
  copyChannels(g, x, y, range, true, outChannels > channels);
  return y;
}

export function zeroPadShortcutShape(input: Shape, outChannels: number, stride: number): Shape {
  return { height: Math.ceil(input.height / stride), width: Math.ceil(input.width / stride), channels: outChannels };
}

/** `first`: nothing has been written to y yet; `zeroRest`: what these channels do not cover becomes zeros. */
function copyChannels(g: Graph, x: Tensor, y: Tensor, shape: CopyChannelsShape, first: boolean, zeroRest: boolean): void {
  g.call(g.kernels.copyChannels(shape, zeroRest), 1, read(x.value), g.carried(first ? write(y.value) : update(y.value), x.value));
  g.onBackward(y, () => {
    if (!x.needsGradient) return;
    const dx = gradientOf(x);
    g.call(g.kernels.copyChannelsBackward(shape, dx.accumulate), 1, read(y.gradient), g.carried(dx.operand, y.gradient));
  });
}
