import { describe, expect, test } from "vitest";
import { generateKernels } from "../../../engine/kernels/generateKernels.ts";
import type { Conv2dShape } from "../../../engine/kernels/kernels.ts";
import { POINTWISE } from "../../../engine/kernels/pointwise.ts";
import { generator } from "./kernelCase.ts";

const options = { numerics: "plain", convolution: "direct" } as const;

function memoryOf(elements: number): { memory: WebAssembly.Memory; h: Float32Array } {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * elements) / 65536) });
  return { memory, h: new Float32Array(memory.buffer) };
}

test("a kernel that runs before it is linked says so", () => {
  const { kernels } = generateKernels(options);
  const kernel = kernels.addBias(16, false);
  expect(() => kernel(1, 0, 16)).toThrow("the kernels are expected to be linked before they run, but addBias [16,false] is not");
});

test("kernels asked for later are linked later, and the earlier ones go on working", async () => {
  const set = generateKernels(options);
  const { memory, h } = memoryOf(100);
  const add = set.kernels.add();
  await set.link(memory, 0);
  const scale = set.kernels.scale(2);
  await set.link(memory, 0);
  h.set([1, 2], 10);
  add(2, 10, 10, 20);
  scale(2, 20, 30);
  expect([...h.subarray(30, 32)]).toEqual([4, 8]);
});

test("linking to another memory moves every kernel there", async () => {
  const set = generateKernels(options);
  const scale = set.kernels.scale(3);
  const [first, second] = [memoryOf(100), memoryOf(100)];
  await set.link(first.memory, 0);
  await set.link(second.memory, 0);
  second.h[4] = 5;
  scale(1, 4, 8);
  expect([first.h[8], second.h[8]]).toEqual([0, 15]);
});

test("scratch memory is as large as the greediest kernel needs", () => {
  const set = generateKernels(options);
  expect(set.scratchElements()).toBe(0);
  const shape = { height: 1, width: 1, channels: 8, outChannels: 24, ...POINTWISE };
  set.kernels.conv2d(shape);
  expect(set.scratchElements()).toBe(8 * 24);
  set.kernels.conv2d({ ...shape, outChannels: 9 });
  expect(set.scratchElements()).toBe(8 * 24);
});

test("the memory may lie beyond 2 GiB", async () => {
  const elements = 2 ** 29 + 1000; // element 2^29 is byte 2^31
  const set = generateKernels(options);
  const kernels = [
    set.kernels.add(),
    set.kernels.copyChannels(
      { height: 3, width: 3, stride: 2, fromChannels: 5, fromOffset: 1, toChannels: 6, toOffset: 1, channels: 4 },
      true,
    ),
  ];
  const { memory, h } = memoryOf(elements);
  await set.link(memory, elements - 100);
  const at = 2 ** 29 - 20; // the buffers lie on both sides
  for (let i = 0; i < 45; i++) h[at + i] = i;
  kernels[0](20, at, at + 10, at + 100);
  expect([...h.subarray(at + 100, at + 120)]).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i + 10));
  kernels[1](1, at, at + 200);
  expect([...h.subarray(at + 200, at + 224)]).toEqual([1, 11, 31, 41].flatMap((first) => [0, first, first + 1, first + 2, first + 3, 0]));
});

const conv: Conv2dShape = {
  height: 8,
  width: 8,
  channels: 8,
  outChannels: 12,
  kernelHeight: 3,
  kernelWidth: 3,
  stride: 1,
  padding: 1,
  dilation: 1,
  groups: 1,
};

describe.each(["direct", "winograd"] as const)("%s convolution", (convolution) => {
  test.each([
    conv,
    { ...conv, height: 4, width: 4 },
    { ...conv, height: 1, width: 1 },
    { ...conv, stride: 2 },
    { ...conv, kernelHeight: 1, kernelWidth: 1, padding: 0 },
  ])("the result for an image does not depend on the other images: $height×$width, stride $stride, kernel $kernelHeight", async (shape) => {
    const set = generateKernels({ numerics: "plain", convolution });
    const [forward, backward] = [set.kernels.conv2d(shape), set.kernels.conv2dInputGradient(shape, false)];
    const { memory, h } = memoryOf(200_000);
    await set.link(memory, 100_000);
    const next = generator(1);
    for (let i = 0; i < 100_000; i++) h[i] = next() - 0.5;
    const images = 7;
    const input = (shape.height * shape.width * shape.channels) | 0;
    const output = Math.ceil(shape.height / shape.stride) * Math.ceil(shape.width / shape.stride) * shape.outChannels;
    const [x, w, y, single] = [0, 10_000, 20_000, 40_000];
    for (const [kernel, from, to] of [
      [forward, input, output],
      [backward, output, input],
    ] as const) {
      kernel(images, x, w, y);
      for (let image = 0; image < images; image++) kernel(1, x + image * from, w, single + image * to);
      expect(h.slice(single, single + images * to)).toEqual(h.slice(y, y + images * to));
    }
  });
});
