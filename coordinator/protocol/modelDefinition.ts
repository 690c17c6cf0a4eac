import * as v from "valibot";

/*
 * A model of one's own travels as data: layers, sizes and numbers. Peers build it; there is nothing in it to execute.
 * Everything is bounded, so that whoever wrote it can make a peer say "too large", but not hang or run out of memory unasked.
 */

/** Deeper nesting of sequential, residual and concat than any known network has. */
const MAX_DEPTH = 24;
const MAX_LAYERS = 2000;
const MAX_CHANNELS = 65_536;
const MAX_WINDOW = 64;

const whole = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const real = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most));
const literal = <const T extends string>(type: T) => ({ type: v.literal(type) });

const channels = whole(1, MAX_CHANNELS);
const window = whole(1, MAX_WINDOW);
const padding = whole(0, MAX_WINDOW);
const kernel = v.strictTuple([window, window]);
const filter = { outChannels: channels, kernel, stride: window, padding, groups: channels, bias: v.boolean() };

const LEAVES = [
  v.strictObject({ ...literal("conv2d"), ...filter, dilation: window, initial: v.exactOptional(v.picklist(["dirac", "whitening"])) }),
  v.strictObject({ ...literal("convTranspose2d"), ...filter, outputPadding: padding }),
  v.strictObject({ ...literal("linear"), outFeatures: channels, bias: v.boolean() }),
  v.strictObject({ ...literal("batchNorm2d"), epsilon: real(1e-12, 1), scale: v.exactOptional(v.literal(false)) }),
  v.strictObject({
    ...literal("activation"),
    kind: v.picklist(["relu", "leakyRelu", "sigmoid", "tanh", "gelu"]),
    slope: real(0, 1), // the derivative is told from the output's sign, which a negative slope would turn
  }),
  v.strictObject({ ...literal("maxPool2d"), kernel, stride: window, padding }),
  v.strictObject({ ...literal("meanPool2d"), kernel, stride: window, padding, countPadding: v.boolean() }),
  v.strictObject({ ...literal("dropout"), rate: v.pipe(v.number(), v.minValue(0), v.ltValue(1)) }),
  v.strictObject({ ...literal("localResponseNorm"), size: whole(1, 1024), alpha: real(0, 100), beta: real(0, 10), k: real(1e-6, 100) }),
  v.strictObject({ ...literal("zeroPadShortcut"), outChannels: channels, stride: window }),
  v.strictObject({ ...literal("scale"), factor: real(-1e6, 1e6) }),
  v.strictObject(literal("globalMeanPool2d")),
  v.strictObject(literal("flatten")),
  v.strictObject(literal("identity")),
] as const;

/** A layer, or layers joined: what engine/layers/layer.ts calls a Layer. */
type LayerData =
  | v.InferOutput<(typeof LEAVES)[number]>
  | { type: "named"; name: string; layer: LayerData }
  | { type: "sequential"; layers: LayerData[] }
  | { type: "residual"; body: LayerData; shortcut: LayerData; relu: boolean }
  | { type: "concat"; branches: LayerData[] };

const layerSchema: v.GenericSchema<LayerData> = v.lazy(() => tree);
/** A name becomes part of the parameters' names: no dots, which separate them. */
const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{0,64}$/, "a layer's name has at most 64 letters, digits, _ and -"));
const list = v.pipe(v.array(layerSchema), v.minLength(1), v.maxLength(MAX_LAYERS));
const tree = v.variant("type", [
  ...LEAVES,
  v.strictObject({ ...literal("named"), name, layer: layerSchema }),
  v.strictObject({ ...literal("sequential"), layers: list }),
  v.strictObject({ ...literal("residual"), body: layerSchema, shortcut: layerSchema, relu: v.boolean() }),
  v.strictObject({ ...literal("concat"), branches: list }),
]);

const lossSchema = v.variant("type", [
  v.strictObject({ ...literal("softmaxCrossEntropy"), labelSmoothing: real(0, 1) }),
  v.strictObject(literal("meanSquaredError")),
]);

/** Size first: a recursive schema must not be the one to find out that a tree is too deep. */
export const modelDefinitionSchema = v.pipe(
  v.unknown(),
  v.check((value) => depthOf(value) <= 2 * MAX_DEPTH, `layers are nested at most ${MAX_DEPTH} deep`),
  v.check((value) => layersOf(value) <= MAX_LAYERS, `a model has at most ${MAX_LAYERS} layers`),
  v.strictObject({
    input: v.strictObject({ height: v.literal(32), width: v.literal(32), channels: v.literal(3) }),
    layers: layerSchema,
    loss: lossSchema,
  }),
);

export type ModelDefinitionData = v.InferOutput<typeof modelDefinitionSchema>;

/** How deep objects and arrays are nested, as far as it matters. */
function depthOf(value: unknown, above = 0): number {
  if (typeof value !== "object" || value === null || above > 2 * MAX_DEPTH) return above;
  return Object.values(value).reduce<number>((most, child) => Math.max(most, depthOf(child, above + 1)), above + 1);
}

/** How many objects with a `type` there are; only for a value of bounded depth. */
function layersOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>((sum, child) => sum + layersOf(child), "type" in value ? 1 : 0);
}
