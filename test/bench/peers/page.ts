import "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js"; // the package leaves this to its users
import { createRivalHost, type RivalHost } from "./rivalHost.ts";

declare global {
  interface Window {
    rivals?: RivalHost;
  }
}

window.rivals = createRivalHost();
