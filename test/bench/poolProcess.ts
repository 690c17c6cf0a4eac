import { nodePlatform } from "../../worker/headless/nodePlatform.ts";
import { createPoolBench, type PoolBench } from "./pool.ts";

/** A question of the bench to a process of its own, which answers with `value` or `error`. */
export type PoolQuestion = {
  [Name in keyof PoolBench]: { readonly method: Name; readonly value: Parameters<PoolBench[Name]>[0] };
}[keyof PoolBench];

export interface PoolAnswer {
  readonly value?: number | undefined;
  readonly error?: string;
}

const bench = createPoolBench(nodePlatform().createComputeWorker);

process.on("message", (question: PoolQuestion) => {
  const answer = question.method === "prepare" ? bench.prepare(question.value) : bench.train(question.value);
  answer.then(
    (value) => process.send?.({ value: value ?? undefined } satisfies PoolAnswer),
    (error: Error) => process.send?.({ error: error.message } satisfies PoolAnswer),
  );
});
