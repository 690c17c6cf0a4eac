import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { UserError } from "../options/userError.ts";
import type { Archive } from "./cifar10.ts";
import type { Progress } from "./progress.ts";

/** The network did not give the archive; the message says how, in a clause. */
export class DownloadFailed extends Error {
  override readonly name = "DownloadFailed";
}

export interface FetchTimeouts {
  /** Until the server answers. (Node itself gives up on an address after 10 s, and tries the next.) */
  readonly connectMs: number;
  /** Until the next bytes come. */
  readonly idleMs: number;
}

interface ArchiveRequest {
  readonly url: string;
  readonly archive: Archive;
  /** The file to write; the caller removes it after a failure. */
  readonly file: string;
  readonly timeouts: FetchTimeouts;
  readonly progress: Progress;
}

/** Writes the archive to `file`, hashing it on the way. Anything but the expected bytes is refused with a UserError. */
export async function fetchArchive({ url, archive, file, timeouts, progress }: ArchiveRequest): Promise<void> {
  const watchdog = createWatchdog();
  try {
    watchdog.expectWithin(timeouts.connectMs, `${url} did not answer within ${timeouts.connectMs / 1000} s`);
    const body = await requestBody(url, archive, watchdog.signal);
    const hash = createHash("md5");
    const silence = `${url} sent nothing for ${timeouts.idleMs / 1000} s`;
    progress.start(archive.bytes);
    await pipeline(async function* () {
      watchdog.expectWithin(timeouts.idleMs, silence);
      for await (const chunk of exactly(body, archive, url, watchdog.signal)) {
        watchdog.expectWithin(timeouts.idleMs, silence);
        hash.update(chunk);
        progress.advance(chunk.length);
        yield chunk;
      }
    }, createWriteStream(file)).finally(progress.stop);
    const md5 = hash.digest("hex");
    if (md5 !== archive.md5) throw refused(url, archive, `its MD5 checksum is ${md5} instead of ${archive.md5}`);
  } finally {
    watchdog.stop();
  }
}

async function requestBody(url: string, archive: Archive, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const response = await networkAnswer(url, signal);
  if (!response.ok || response.body === null)
    throw new DownloadFailed(`${url} answered ${response.status} ${response.statusText}`.trimEnd());
  const announced = response.headers.get("content-length");
  if (announced !== null && Number(announced) !== archive.bytes) {
    await response.body.cancel();
    throw refused(url, archive, `it has ${announced} bytes instead of ${archive.bytes}`);
  }
  return response.body;
}

async function networkAnswer(url: string, signal: AbortSignal): Promise<Response> {
  try {
    // Without "identity" some servers call the gzip file an encoding, and it would arrive unpacked.
    return await fetch(url, { signal, headers: { "accept-encoding": "identity" } });
  } catch (error) {
    throw failure(url, signal, error);
  }
}

/** The chunks of `body`, which must have archive.bytes bytes in all. */
async function* exactly(body: AsyncIterable<Uint8Array>, archive: Archive, url: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const chunk of body) {
      received += chunk.length;
      if (received > archive.bytes) throw refused(url, archive, `it has more than ${archive.bytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof UserError || signal.aborted) throw failure(url, signal, error);
    throw new DownloadFailed(`the connection to ${url} broke after ${received} of ${archive.bytes} bytes`, { cause: error });
  }
  if (received < archive.bytes) throw new DownloadFailed(`${url} ended after ${received} of ${archive.bytes} bytes`);
}

function failure(url: string, signal: AbortSignal, error: unknown): unknown {
  if (error instanceof UserError) return error;
  if (signal.aborted) return signal.reason;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  return new DownloadFailed(`${url} cannot be reached: ${cause}`, { cause: error });
}

function refused(url: string, archive: Archive, why: string): UserError {
  return new UserError(
    `${url} is not the official ${archive.name}: ${why}. Nothing of it was kept. ` +
      "Try again, fetch the archive by other means and give its folder with --data DIR, or use --data synthetic.",
    { exitCode: 1 },
  );
}

/** Aborts `signal` with a DownloadFailed when what is expected does not come in time. */
function createWatchdog() {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: controller.signal,
    expectWithin(milliseconds: number, sentence: string): void {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(new DownloadFailed(sentence)), milliseconds);
    },
    stop: () => clearTimeout(timer),
  };
}
