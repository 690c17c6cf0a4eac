import { meanSquaredError, softmaxCrossEntropy } from "../../../engine/ops/loss.ts";
import { mapShape } from "../layouts.ts";
import { OpBench } from "../opBench.ts";
import { compare, numberAttribute, type OpRunner, tensorOf } from "../opCase.ts";

/** The kernels sum over the images; the cases are means, with the gradient `grad_out` arriving from above. */
export const crossEntropyCase: OpRunner = async (core, opCase) => {
  const { shape, values } = tensorOf(opCase, "input");
  const [images] = shape;
  const bench = new OpBench(core, images);
  const logits = bench.input(mapShape({ shape }), values);
  const [loss, correct] = [bench.buffer([0]), bench.integers([0])];
  const labels = bench.integers(tensorOf(opCase, "target").values);
  softmaxCrossEntropy(bench.graph, logits, labels, loss, correct, numberAttribute(opCase, "label_smoothing"));
  await bench.finish();
  bench.forward();
  const scale = tensorOf(opCase, "grad_out").values[0] / images;
  return [
    compare(
      opCase,
      "output",
      bench.read(loss).map((sum) => sum / images),
    ),
    compare(
      opCase,
      "grad_input",
      bench.read(logits.gradient).map((d) => d * scale),
    ),
  ];
};

export const meanSquaredErrorCase: OpRunner = async (core, opCase) => {
  const { shape, values } = tensorOf(opCase, "input");
  const [images] = shape;
  const bench = new OpBench(core, images);
  const x = bench.input(mapShape({ shape }), values);
  const loss = bench.buffer([0]);
  meanSquaredError(bench.graph, x, bench.buffer(tensorOf(opCase, "target").values), loss);
  await bench.finish();
  bench.forward();
  const scale = tensorOf(opCase, "grad_out").values[0] / images;
  const gradient = bench.read(x.gradient).map((d) => d * scale);
  return [
    compare(
      opCase,
      "output",
      bench.read(loss).map((sum) => sum / images),
    ),
    compare(opCase, "grad_input", gradient),
    compare(
      opCase,
      "grad_target",
      gradient.map((d) => -d),
    ),
  ];
};
