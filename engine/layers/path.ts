import type { Layer } from "./layer.ts";

/** "layer1" + "0" = "layer1.0"; an empty part adds nothing. */
export function joinPath(path: string, part: string): string {
  return path === "" || part === "" ? path + part : `${path}.${part}`;
}

/** The path of child i of a sequential layer: its number, unless it has a name of its own. */
export function childPath(path: string, index: number, child: Layer): string {
  return child.type === "named" ? path : joinPath(path, String(index));
}

/** The path of a residual's shortcut. */
export function shortcutPath(path: string, shortcut: Layer): string {
  return shortcut.type === "named" ? path : joinPath(path, "shortcut");
}

/** For messages: conv2d "layer1.0.conv1". */
export function layerText(layer: Layer, path: string): string {
  return path === "" ? layer.type : `${layer.type} "${path}"`;
}
