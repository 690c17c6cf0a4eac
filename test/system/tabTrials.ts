import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { chromiumArguments, findBrowser } from "../../coordinator/browser/chromium.ts";
import { findDataset } from "../../coordinator/data/findDataset.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { cifar10Folder } from "../shared.ts";
import { TcpProxy } from "./tcpProxy.ts";
import { temporaryRuns } from "./temporaryRuns.ts";
import { serveTrial, type Trial, until } from "./trial.ts";

const TYPESCRIPT = ["--import", "tsx"];

/** So many rounds are compared with those of an undisturbed peer, a process without a browser. */
const COMPARED_ROUNDS = 150;

export interface Tab {
  readonly browser: Browser;
  readonly page: Page;
  /** Its way to the coordinator. */
  readonly proxy: TcpProxy;
  readonly errors: string[];
}

export interface Trials {
  /** A new run with three tabs; the third has a browser to itself, so that it can be stopped. */
  threeTabs(): Promise<{ readonly trial: Trial; readonly tabs: readonly [Tab, Tab, Tab] }>;
  expectUndisturbedBits(trial: Trial): void;
  end(trial: Trial, tabs: readonly Tab[]): Promise<void>;
  close(): Promise<void>;
}

/** Two browsers, the data, and the bits of an undisturbed run. */
export async function openTrials(): Promise<Trials> {
  const dataset = await findDataset({ data: cifar10Folder(), environment: {}, say: () => undefined });
  const launch = () => chromium.launch({ executablePath: findBrowser(), args: [...chromiumArguments] });
  const [shared, own] = [await launch(), await launch()];
  const running = new Set<Trial>();
  const proxies: TcpProxy[] = [];
  const serve = async (minPeers: number): Promise<Trial> => {
    const trial = await serveTrial(dataset, { minPeers, root: temporaryRuns });
    running.add(trial);
    return trial;
  };
  const close = async (trial: Trial): Promise<void> => {
    running.delete(trial);
    await trial.run.close();
  };
  const join = async ({ run }: Trial, name: string, browser: Browser): Promise<Tab> => {
    const url = new URL(run.joinUrls[0] as string);
    const proxy = await TcpProxy.to(Number(url.port));
    proxies.push(proxy);
    url.port = String(proxy.port);
    url.search += `&auto&name=${name}&workers=1`;
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(traceConnections);
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.goto(url.href);
    return { browser, page, proxy, errors };
  };
  const undisturbed = await undisturbedHashes(await serve(1), close);
  return {
    threeTabs: async () => {
      const trial = await serve(3);
      return { trial, tabs: [await join(trial, "First", shared), await join(trial, "Second", shared), await join(trial, "Third", own)] };
    },
    expectUndisturbedBits: ({ hashes }) => {
      const compared = Math.min(hashes.length, undisturbed.length);
      expect(hashes.slice(0, compared)).toEqual(undisturbed.slice(0, compared));
    },
    end: async (trial, tabs) => {
      await close(trial);
      for (const { page } of tabs) await page.context().close();
    },
    close: async () => {
      await Promise.all([shared.close(), own.close()]);
      for (const trial of running) await trial.run.close();
      for (const proxy of proxies) proxy.close();
    },
  };
}

async function undisturbedHashes(alone: Trial, close: (trial: Trial) => Promise<void>): Promise<readonly string[]> {
  const peer = new HeadlessPeers(alone.run.joinUrls[0] as string, 1, TYPESCRIPT);
  await peer.start();
  await until("an undisturbed peer", alone, () => alone.hashes.length >= COMPARED_ROUNDS);
  await close(alone);
  await peer.finish(0);
  return alone.hashes.slice();
}

/** Runs in a page before its own scripts: notes its connections, so that a test can end them. */
function traceConnections(): void {
  const connections: RTCPeerConnection[] = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
  Object.assign(window, { connections });
}
