import { createOptimizer, type OptimizerConfig } from "../../../engine/optimizers/optimizer.ts";
import type { Comparison } from "../comparison.ts";
import { compare, numberAttribute, type OpCase, type OpRunner, tensorOf } from "../opCase.ts";

/** Six steps from `param_0`, each compared with PyTorch's parameters. */
export const optimizerCase: OpRunner = async (core, opCase) => {
  const { memory } = core;
  const count = tensorOf(opCase, "param_0").values.length;
  const optimizer = createOptimizer(core, configOf(opCase), { elements: count, parameters: [] });
  const [parameters, gradient] = [memory.allocate(count), memory.allocate(count)];
  const state = optimizer.stateNames.map(() => memory.allocate(count));
  await core.prepare();
  memory.f32.set(tensorOf(opCase, "param_0").values, parameters);
  const comparisons: Comparison[] = [];
  for (let step = 0; opCase.tensors.has(`grad_${step}`); step++) {
    memory.f32.set(tensorOf(opCase, `grad_${step}`).values, gradient);
    optimizer.update({ parameters, gradient, state }, numberAttribute(opCase, "lr"), step);
    comparisons.push(compare(opCase, `param_${step + 1}`, memory.f32.subarray(parameters, parameters + count)));
  }
  return comparisons;
};

export function configOf({ attributes }: Pick<OpCase, "attributes">): OptimizerConfig {
  const {
    name,
    momentum,
    nesterov,
    weight_decay: weightDecay,
  } = attributes as Readonly<Record<string, unknown>> & { name: OptimizerConfig["type"] };
  const given = {
    ...(typeof momentum === "number" ? { momentum } : {}),
    ...(typeof nesterov === "boolean" ? { nesterov } : {}),
    ...(typeof weightDecay === "number" ? { weightDecay } : {}),
  };
  return { type: name, ...given };
}
