import { expect, test } from "vitest";
import { Buffer } from "../../../engine/graph/buffer.ts";
import { type Call, read, update, write } from "../../../engine/graph/call.ts";
import type { Mode } from "../../../engine/graph/graph.ts";
import { planMemory } from "../../../engine/graph/plan.ts";
import { createEngine, describeModel, type ModelName, modelDefinition } from "../../../engine/index.ts";
import { buildProgram } from "../../../engine/model/program.ts";
import { streamWord } from "../../../engine/random/hash32.ts";

const nothing = (): void => undefined;

function call(...operands: Call["operands"]): Call {
  return { kernel: nothing, perImage: 1, operands };
}

/** First and last position of every buffer, found from the calls alone. */
function livesOf(calls: readonly Call[]): Map<Buffer, { first: number; last: number }> {
  const lives = new Map<Buffer, { first: number; last: number }>();
  calls.forEach(({ operands }, position) => {
    for (const { buffer } of operands) lives.set(buffer, { first: lives.get(buffer)?.first ?? position, last: position });
  });
  return lives;
}

function overlaps(calls: readonly Call[], offsets: ReadonlyMap<Buffer, number>): number {
  const lives = [...livesOf(calls)].filter(([buffer]) => offsets.has(buffer));
  let count = 0;
  for (const [a, lifeA] of lives) {
    for (const [b, lifeB] of lives) {
      if (a === b || lifeA.last < lifeB.first || lifeB.last < lifeA.first) continue;
      const [from, to] = [offsets.get(a) ?? 0, offsets.get(b) ?? 0];
      if (from < to + b.elements && to < from + a.elements) count += 1;
    }
  }
  return count;
}

test("buffers that live at the same time do not overlap, in a hundred random tapes", () => {
  for (let seed = 0; seed < 100; seed++) {
    const random = (i: number, below: number): number => streamWord(seed, 1, i) % below;
    const buffers = Array.from({ length: 30 }, (_, i) => new Buffer(1 + random(i, 500)));
    const written = new Set<Buffer>();
    const calls = Array.from({ length: 60 }, (_, i) => {
      const operands = [0, 1, 2].map((k) => buffers[random(1000 + 3 * i + k, buffers.length)]);
      return call(...operands.map((buffer) => (written.has(buffer) ? read(buffer) : write(written.add(buffer) && buffer))));
    });
    const plan = planMemory(calls, []);
    expect(overlaps(calls, new Map(plan.placements.map(({ buffer, offset }) => [buffer, offset])))).toBe(0);
    expect(Math.max(...plan.placements.map(({ buffer, offset }) => offset + buffer.elements))).toBeLessThanOrEqual(plan.elements);
  }
});

const MODELS: readonly (readonly [ModelName, Mode])[] = [
  ["resnet20", "training"],
  ["resnet20", "evaluation"],
  ["densenet_bc_40_12", "training"],
  ["googlenet", "training"],
  ["alexnet", "training"],
  ["autoencoder", "training"],
];

test.each(MODELS)("no two live buffers of %s in %s overlap, and memory is used again", (name, mode) => {
  const addresses = { parameters: 0, statistics: 0, gradient: 0, input: 0, labels: 0, loss: 0, correct: 0, zeros: 0, batchNormScratch: 0 };
  const description = describeModel(modelDefinition(name));
  const { program } = buildProgram(createEngine({ reference: "float32" }), description, mode, 4, addresses);
  const calls = [...program.forward, ...program.backward];
  const planned = [...livesOf(calls).keys()].filter((buffer) => !buffer.placed);
  program.bind(0);
  expect(overlaps(calls, new Map(planned.map((buffer) => [buffer, buffer.address])))).toBe(0);
  const together = planned.reduce((sum, buffer) => sum + buffer.elements, 0);
  expect(program.arenaElements).toBeLessThan(0.75 * together);
});

test("a buffer may use the place of one that is no longer needed", () => {
  const [a, b, c] = [new Buffer(32), new Buffer(32), new Buffer(32)];
  const plan = planMemory([call(write(a)), call(read(a), write(b)), call(read(b), write(c))], []);
  expect(plan.elements).toBe(64);
});

test("a kept buffer has its place to itself until the end", () => {
  const [a, b, c] = [new Buffer(32), new Buffer(32), new Buffer(32)];
  const plan = planMemory([call(write(a)), call(read(a), write(b)), call(read(b), write(c))], [a]);
  expect(plan.elements).toBe(96);
});

test("reading what no call has written is an error that says so", () => {
  const a = new Buffer(32);
  expect(() => planMemory([call(read(a))], [])).toThrow("call 0 is to read a buffer of 32 elements that no call has written");
  expect(() => planMemory([call(update(a))], [])).toThrow("call 0 is to update");
});
