import type { Buffer } from "../../../engine/graph/buffer.ts";
import type { Shape } from "../../../engine/graph/shape.ts";
import type { Differentiable, Parameter, Tensor } from "../../../engine/graph/tensor.ts";
import { createEngine } from "../../../engine/index.ts";
import { streamWord } from "../../../engine/random/hash32.ts";
import { relativeError } from "../../golden/comparison.ts";
import { OpBench } from "../../golden/opBench.ts";

const IMAGES = 2;
const DIFFERENCE = 1e-5; // central differences in f64: their error is about its square

/** Values in (−1, 1), another series for every call. */
export function randomValues(count: number, series: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => 2 * (streamWord(series, 0, i) / 0x1_0000_0000) - 1);
}

/** Inputs and parameters for the op under test; all that it makes is checked. */
export class Sources {
  readonly bench: OpBench;
  readonly made: { readonly what: string; readonly source: Differentiable; readonly gradient: () => Float64Array }[] = [];

  constructor(bench: OpBench) {
    this.bench = bench;
  }

  input(height: number, width: number, channels: number): Tensor {
    const shape: Shape = { height, width, channels };
    const x = this.bench.input(shape, randomValues(IMAGES * height * width * channels, this.made.length + 1));
    this.made.push({ what: `input ${this.made.length}`, source: x, gradient: () => this.bench.read(x.gradient) });
    return x;
  }

  parameter(elements: number): Parameter {
    const parameter = this.bench.parameter(randomValues(elements, this.made.length + 1));
    this.made.push({ what: `parameter ${this.made.length}`, source: parameter, gradient: () => this.bench.read(parameter.gradient) });
    return parameter;
  }

  pair(channels: number): { gamma: Parameter; beta: Parameter; dgammaAndDbeta: Buffer } {
    const pair = this.bench.parameterPair(randomValues(channels, 71 + this.made.length), randomValues(channels, 72 + this.made.length));
    for (const parameter of [pair.gamma, pair.beta]) {
      this.made.push({ what: `parameter ${this.made.length}`, source: parameter, gradient: () => this.bench.read(parameter.gradient) });
    }
    return pair;
  }
}

/** The largest relative distance between the gradients by the backward kernels and those by central differences of Σ weight · y. */
export async function gradientErrors(build: (s: Sources) => Tensor): Promise<readonly { what: string; error: number }[]> {
  const bench = new OpBench(createEngine({ reference: "float64" }), IMAGES);
  const sources = new Sources(bench);
  const y = build(sources);
  await bench.finish(y);
  const weights = randomValues(y.value.elements, 99);
  const objective = (): number => {
    bench.forward();
    return bench.read(y.value).reduce((sum, value, i) => sum + value * weights[i], 0);
  };
  objective();
  bench.backward(weights);
  const gradients = sources.made.map(({ gradient }) => gradient());
  return sources.made.map(({ what, source }, k) => ({ what, error: relativeError(gradients[k], differences(bench, source, objective)) }));
}

/** The same for an op that is the end: a loss. */
export async function lossGradientErrors(build: (s: Sources, loss: Buffer) => void): Promise<readonly { what: string; error: number }[]> {
  const bench = new OpBench(createEngine({ reference: "float64" }), IMAGES);
  const sources = new Sources(bench);
  const loss = bench.buffer([0]);
  build(sources, loss);
  await bench.finish();
  const objective = (): number => {
    bench.write(loss, [0]);
    bench.forward();
    return bench.read(loss)[0];
  };
  objective();
  bench.backward();
  const gradients = sources.made.map(({ gradient }) => gradient());
  return sources.made.map(({ what, source }, k) => ({ what, error: relativeError(gradients[k], differences(bench, source, objective)) }));
}

function differences(bench: OpBench, { value }: Differentiable, objective: () => number): Float64Array {
  const original = bench.read(value);
  const result = original.map((_, i) => {
    const at = (x: number): number => {
      bench.write(value, original.with(i, x));
      return objective();
    };
    return (at(original[i] + DIFFERENCE) - at(original[i] - DIFFERENCE)) / (2 * DIFFERENCE);
  });
  bench.write(value, original);
  return result;
}
