import { basename, extname } from "node:path";
import { MODEL_NAMES } from "../protocol/modelNames.ts";
import { oneOf } from "./parse.ts";

const EXTENSIONS: readonly string[] = [".ts", ".mts", ".js", ".mjs", ".json"];

/** Whether --model gives a file and not a name. */
export const isModelFile = (model: string): boolean => EXTENSIONS.includes(extname(model)) || model.includes("/");

/** A known name, or a path, which is looked at later. */
export const modelName = (text: string): string => (isModelFile(text) ? text : oneOf("--model", MODEL_NAMES)(text));

/** What a run calls the model of a file: its name without the extension, in letters, digits, _ and -; never one of the known names. */
export function nameOfFile(path: string): string {
  const plain = basename(path, extname(path))
    .replaceAll(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[_-]+/, "")
    .slice(0, 36);
  return plain === "" || (MODEL_NAMES as readonly string[]).includes(plain) ? `own-${plain}`.replace(/-$/, "") : plain;
}
