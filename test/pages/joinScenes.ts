import type { PeerStatus } from "../../worker/session/status.ts";

const starting: PeerStatus = {
  stage: "starting",
  sentence: "The engine is being made ready.",
  progress: { engine: false, connected: false, dataBytes: 0, linked: 0, toLink: 0, firstStep: false },
  name: "Merry Otter",
  runName: "",
  model: "",
  numerics: null,
  workers: 4,
  imagesPerSecond: 0,
  imagesDone: 0,
  stepsDone: 0,
  share: 0,
  bytesSent: 0,
  bytesReceived: 0,
  step: 0,
  steps: 0,
  hash: null,
  peers: 0,
  swarmImagesPerSecond: 0,
  loss: null,
  accuracy: null,
  hidden: false,
};

const linking: PeerStatus = {
  ...starting,
  stage: "linking",
  sentence: "Linking with 5 peers; one of them answers only through the coordinator.",
  progress: { engine: true, connected: true, dataBytes: 12_345_678, linked: 3, toLink: 5, firstStep: false },
  runName: "amber-heron-0505",
  model: "resnet20",
  numerics: "fused",
};

export const training: PeerStatus = {
  ...linking,
  stage: "training",
  sentence: "Every member contributes; no step waits.",
  progress: { engine: true, connected: true, dataBytes: 28_800_000, linked: 5, toLink: 5, firstStep: true },
  imagesPerSecond: 213.4,
  imagesDone: 58_752,
  stepsDone: 612,
  share: 3 / 16,
  bytesSent: 1.074e9,
  bytesReceived: 1.31e9,
  step: 1000,
  steps: 1960,
  hash: "a3f109bc77de0142",
  peers: 6,
  swarmImagesPerSecond: 1381,
  loss: 0.552,
  accuracy: 0.8031,
};

const learning = Array.from({ length: 80 }, (_, i) => ({
  ...training,
  step: 360 + 8 * i,
  loss: 0.5 + 0.9 * Math.exp(-i / 30) + 0.02 * Math.sin(1.7 * i),
}));

/** What a page is told one after another, up to the picture that counts. */
export const joinScenes: readonly (readonly [name: string, statuses: readonly PeerStatus[]])[] = [
  ["starting", [starting]],
  ["linking", [starting, linking]],
  [
    "synchronising",
    [
      {
        ...linking,
        stage: "synchronising",
        sentence: "Fetching the parameters of step 839 from Lynx.",
        progress: { ...linking.progress, linked: 5 },
      },
    ],
  ],
  ["training", [...learning, training]],
  [
    "finished",
    [
      ...learning,
      training,
      {
        ...training,
        stage: "finished",
        sentence: "All 1,960 steps are done; you may close this tab.",
        step: 1960,
        loss: 0.31,
        accuracy: 0.9127,
      },
    ],
  ],
  ["left", [training, { ...training, stage: "left", sentence: "The other tabs have taken over your share; no step was lost." }]],
  [
    "refused",
    [
      starting,
      {
        ...starting,
        stage: "refused",
        sentence: "The token of this link is not the run’s. Ask for a fresh link.",
        progress: { ...starting.progress, engine: true },
      },
    ],
  ],
  [
    "failed",
    [
      starting,
      {
        ...starting,
        stage: "failed",
        sentence: "The coordinator did not answer within 10 s. Is it still running?",
        progress: { ...starting.progress, engine: true },
      },
    ],
  ],
];
