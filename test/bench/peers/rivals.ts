import type { Rival } from "./rival.ts";
import type { TfjsChoice } from "./tfjs.ts";

/** The engines of other people that are measured beside ours, each loaded when it is asked for. */
export const rivals: readonly Rival[] = [
  { name: "TF.js WASM, as shipped", speed: 1e9, load: tfjs({ backend: "wasm", gradients: "its own" }) },
  { name: "TF.js WASM, missing gradients by hand", speed: 1e9, load: tfjs({ backend: "wasm", gradients: "by hand" }) },
  { name: "TF.js CPU", speed: 5e6, load: tfjs({ backend: "cpu", gradients: "its own" }) },
  { name: "jax-js WASM", speed: 4e7, load: async () => (await import("./jaxJs.ts")).loadJaxJs() },
  { name: "ConvNetJS (f64)", speed: 2e8, load: async () => (await import("./convNetJs.ts")).startConvNetJs },
];

function tfjs(choice: TfjsChoice): Rival["load"] {
  return async () => {
    const { loadTfjs, startTfjs } = await import("./tfjs.ts");
    await loadTfjs(choice.backend);
    return (point) => startTfjs(point, choice);
  };
}
