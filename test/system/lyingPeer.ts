import { nodePlatform } from "../../worker/headless/nodePlatform.ts";
import { randomIdentity } from "../../worker/session/identity.ts";
import { Peer } from "../../worker/session/peer.ts";
import type { Platform } from "../../worker/session/platform.ts";

/** A headless peer whose compute workers turn the signs of its gradients round: everything else about it is honest. */
function lyingPlatform(): Platform {
  const platform = nodePlatform();
  return {
    ...platform,
    createComputeWorker: async () => {
      const honest = await platform.createComputeWorker();
      return {
        create: (config) => honest.create(config),
        initialize: (first) => honest.initialize(first),
        contribution: async (round, batches) => {
          const vector = await honest.contribution(round, batches);
          return round.kind === "train" ? vector.map((value, i) => (i < 1000 ? -value : value)) : vector;
        },
        apply: (round, reduced) => honest.apply(round, reduced),
        hash: () => honest.hash(),
        state: () => honest.state(),
        load: (state) => honest.load(state),
      };
    },
  };
}

const url = new URL(process.argv[2] ?? "");
const token = url.searchParams.get("token") ?? "";
const peer = new Peer(
  lyingPlatform(),
  { origin: url.origin, token, name: "liar", workers: 1, identity: randomIdentity() },
  () => undefined,
);
try {
  await peer.run();
  process.exit(0);
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`, () => process.exit(1));
}
