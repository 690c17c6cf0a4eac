import { type BenchHost, createHost } from "./host.ts";

declare global {
  interface Window {
    bench?: BenchHost;
  }
}

window.bench = createHost();
