import { conv2d, conv2dTranspose, customGrad, slice, type Tensor, transpose } from "@tensorflow/tfjs-core";
import type { Conv2dLayer } from "../../../engine/layers/layer.ts";

/**
 * conv2d with the gradients that TF.js's WASM backend lacks, composed of what it has.
 *
 *     dw[v,u,c,k] = Σ x[n, s·i+v, s·j+u, c] · dy[n,i,j,k]
 *
 * is itself a convolution: x's images taken for channels, dy for its filters, and the stride for its dilation. `x` is the network's input where
 * `first` is true: nobody asks for its gradient then.
 */
export function conv2dWithGradients(x: Tensor, w: Tensor, { stride, padding }: Conv2dLayer, first: boolean): Tensor {
  const value = (): Tensor => conv2d(x, w, stride, padding, "NHWC", 1);
  const dx = (dy: Tensor, filters: Tensor): Tensor => conv2dTranspose(dy, filters, x.shape, stride, padding);
  const dw = (dy: Tensor, pixels: Tensor): Tensor => filterGradient(pixels, dy, w.shape, stride, padding);
  if (first) return customGrad<[Tensor]>(() => ({ value: value(), gradFunc: (dy) => dw(dy, x) }))(w);
  const both = customGrad<[Tensor, Tensor]>((pixels, filters, save) => {
    save([pixels, filters]); // maps are gone after the forward pass, but for what was saved
    return { value: value(), gradFunc: (dy, saved) => [dx(dy, saved[1]), dw(dy, saved[0])] };
  });
  return both(x, w);
}

function filterGradient(x: Tensor, dy: Tensor, shape: readonly number[], stride: number, padding: number): Tensor {
  const [height, width] = shape;
  const imagesAsChannels = transpose(x, [3, 1, 2, 0]); // [c, h, w, n]
  const filters = transpose(dy, [1, 2, 0, 3]); // [i, j, n, k]
  const wide = conv2d(imagesAsChannels, filters, 1, padding, "NHWC", stride); // [c, v, u, k]: with a stride, a row and a column too many
  return transpose(slice(wide, [0, 0, 0, 0], [-1, height, width, -1]), [1, 2, 0, 3]);
}
