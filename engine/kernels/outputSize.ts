/** How many windows fit along one axis: ⌊(size + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1. */
export function outputSize(size: number, kernel: number, stride: number, padding: number, dilation = 1): number {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}
