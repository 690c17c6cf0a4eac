import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedFolder } from "../shared.ts";

export interface LinkQuality {
  /** One way. */
  readonly delayMs: number;
  readonly megabitsPerSecond: number;
  /** Share of packets, in either direction. */
  readonly loss: number;
}

const QUEUE_BYTES = 125_000;
const EMULATOR = join(sharedFolder, "netlab/emu.c");

/** Addresses of the two ends. */
export const near = "10.9.0.1";
const far = "10.9.0.2";

/** Two network namespaces with one slow, lossy, distant link between them, and nothing else. */
export class DistantLink {
  readonly #names: readonly [string, string];
  readonly #emulator: ChildProcess;

  private constructor(names: readonly [string, string], emulator: ChildProcess) {
    this.#names = names;
    this.#emulator = emulator;
  }

  /** Why there can be none here; undefined where there can. */
  static obstacle(): string | undefined {
    if (!existsSync(EMULATOR)) return `${EMULATOR} is not there; set TABGRAD_SHARED`;
    if (process.getuid?.() !== 0) return "network namespaces need root";
    try {
      for (const [command, argument] of [
        ["ip", "-V"],
        ["cc", "--version"],
      ] as const)
        execFileSync(command, [argument], { stdio: "ignore" });
      const trial = `tabgrad-${process.pid}`;
      execFileSync("ip", ["netns", "add", trial], { stdio: "ignore" });
      execFileSync("ip", ["netns", "delete", trial], { stdio: "ignore" });
      return existsSync("/dev/net/tun") ? undefined : "/dev/net/tun is not there";
    } catch (error) {
      return `network namespaces cannot be made here: ${error instanceof Error ? error.message : error}`;
    }
  }

  static async open({ delayMs, megabitsPerSecond, loss }: LinkQuality): Promise<DistantLink> {
    const emulator = join(mkdtempSync(join(tmpdir(), "tabgrad-link-")), "emulator");
    execFileSync("cc", ["-O2", "-w", "-o", emulator, EMULATOR]);
    const names = [`tabgrad-${process.pid}-near`, `tabgrad-${process.pid}-far`] as const;
    for (const name of names) {
      ip("netns", "add", name);
      ip("netns", "exec", name, "ip", "link", "set", "lo", "up");
    }
    const rate = String(megabitsPerSecond * 1e6);
    const running = spawn(emulator, [...names, String(delayMs * 1000), rate, String(loss), String(QUEUE_BYTES)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(running.stdout, "data"); // "ready"
    for (const [name, address, peer] of [
      [names[0], near, far],
      [names[1], far, near],
    ] as const) {
      ip("netns", "exec", name, "ip", "addr", "add", address, "peer", peer, "dev", "emu0");
      ip("netns", "exec", name, "ip", "link", "set", "emu0", "mtu", "1500", "up");
      ip("netns", "exec", name, "ip", "route", "add", "default", "dev", "emu0");
    }
    return new DistantLink(names, running);
  }

  /** A process at one end. */
  run(end: "near" | "far", command: readonly string[]): ChildProcess {
    const name = this.#names[end === "near" ? 0 : 1];
    return spawn("ip", ["netns", "exec", name, ...command], { stdio: ["ignore", "pipe", "inherit"] });
  }

  /** What a server at the near end answers: nothing else reaches it from here. */
  async json(url: string): Promise<unknown> {
    const ask = `fetch(${JSON.stringify(url)}).then((answer) => answer.text()).then((text) => process.stdout.write(text))`;
    const asked = this.run("near", [process.execPath, "--eval", ask]);
    let text = "";
    asked.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(asked, "close");
    return JSON.parse(text);
  }

  async close(): Promise<void> {
    const gone = once(this.#emulator, "exit");
    this.#emulator.kill("SIGTERM");
    await gone;
    for (const name of this.#names) ip("netns", "delete", name);
  }
}

function ip(...parameters: string[]): void {
  execFileSync("ip", parameters, { stdio: ["ignore", "ignore", "inherit"] });
}
