/** The models that a run can name; the engine's list is tested to be the same. */
export const MODEL_NAMES = [
  "lenet5",
  "alexnet",
  "vgg11",
  "vgg13",
  "vgg16",
  "vgg19",
  "vgg11_plain",
  "vgg13_plain",
  "vgg16_plain",
  "vgg19_plain",
  "googlenet",
  "resnet20",
  "resnet32",
  "resnet44",
  "resnet56",
  "resnet110",
  "resnet18",
  "densenet_40_12",
  "densenet_bc_40_12",
  "densenet_bc_100_12",
  "mobilenet",
  "fast",
  "autoencoder",
] as const;

export type ModelName = (typeof MODEL_NAMES)[number];

export const isModelName = (name: string): name is ModelName => (MODEL_NAMES as readonly string[]).includes(name);
