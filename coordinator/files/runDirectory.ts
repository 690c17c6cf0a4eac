import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { UserError } from "../options/userError.ts";
import { type RunConfig, runConfigSchema } from "../protocol/runConfig.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import { flushFolder, writeWholeFile } from "./wholeFile.ts";

/** The files of one run, `runs/<id>/`. */
export interface RunDirectory {
  readonly id: string;
  readonly path: string;
  readonly config: RunConfig;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** One committed round a line: see journal.ts. */
  readonly journalPath: string;
  /** One training step or evaluation a line: see metricsLines.ts. */
  readonly metricsPath: string;
}

const configFileSchema = v.object({ protocolVersion: v.number(), createdAt: v.number(), config: runConfigSchema });

/** Makes a folder in `root` with the configuration in it; its name is the time (UTC) and the model. */
export async function createRunDirectory(options: {
  readonly root: string;
  readonly config: RunConfig;
  readonly now: number;
}): Promise<RunDirectory> {
  const { root, config, now } = options;
  await mkdir(root, { recursive: true });
  const id = await claim(root, `${new Date(now).toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "")}-${config.model}`);
  const content = { protocolVersion: PROTOCOL_VERSION, createdAt: now, config };
  await writeWholeFile(join(root, id, "config.json"), `${JSON.stringify(content, null, 2)}\n`);
  await flushFolder(root);
  return describe(root, id, config, now);
}

/** A run that was begun before; its configuration is checked as if it came from outside. */
export async function openRunDirectory(root: string, id: string): Promise<RunDirectory> {
  const path = join(root, id, "config.json");
  const { protocolVersion, config, createdAt } = parseConfig(path, await readText(path));
  if (protocolVersion !== PROTOCOL_VERSION) {
    throw refuse(
      `${path} is of protocol version ${protocolVersion}, this program speaks ${PROTOCOL_VERSION}. Go on with the version that began the run.`,
    );
  }
  return describe(root, id, config, createdAt);
}

function describe(root: string, id: string, config: RunConfig, createdAt: number): RunDirectory {
  const path = join(root, id);
  return { id, path, config, createdAt, journalPath: join(path, "journal.jsonl"), metricsPath: join(path, "metrics.jsonl") };
}

/** Two runs of the same second get different names. */
async function claim(root: string, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const id = n === 1 ? name : `${name}-${n}`;
    try {
      await mkdir(join(root, id));
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw refuse(`There is no run to go on with: ${path} cannot be read.`, cause);
  }
}

function parseConfig(path: string, text: string): v.InferOutput<typeof configFileSchema> {
  try {
    return v.parse(configFileSchema, JSON.parse(text));
  } catch (cause) {
    throw refuse(
      `${path} is damaged: ${cause instanceof Error ? cause.message : String(cause)}. Restore the file, or start a new run.`,
      cause,
    );
  }
}

const refuse = (sentence: string, cause?: unknown): UserError => new UserError(sentence, { exitCode: 1, cause });
