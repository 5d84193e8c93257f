/** Walking a folder inside a root, level by level, in code-unit order within a folder, never through a symlink. */
import fs from "node:fs";
import { temporaryPrefix } from "./paths.ts";
import { isPathError, join, openFolder, type OpenOptions } from "./safe-files.ts";

export type Entry = {
  /** Relative to the root. */
  readonly path: string;
  readonly kind: "file" | "folder" | "symlink" | "other";
};

export type WalkOptions = OpenOptions & {
  /** Folders that are named but not entered. */
  readonly skip?: (folder: Entry) => boolean;
  /** Default 64. */
  readonly depth?: number;
};

/** Folders full of other people's files: named, and entered only when asked for by name. */
export const bulkyFolders: ReadonlySet<string> = new Set(["node_modules", ".venv", "__pycache__"]);

/** Every entry below `start`, parents first. A folder that goes away meanwhile is left out. Throws if `start` cannot be opened. */
export function* walkFolder(root: string, start: string, options: WalkOptions = {}): Generator<Entry> {
  let level: readonly string[] = [start];
  for (let depth = 0; level.length > 0 && depth < (options.depth ?? 64); depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      for (const entry of entriesOf(root, folder, options, folder === start)) {
        yield entry;
        if (entry.kind === "folder" && options.skip?.(entry) !== true) next.push(entry.path);
      }
    }
    level = next;
  }
}

function entriesOf(root: string, path: string, options: OpenOptions, must: boolean): Entry[] {
  let folder;
  try {
    folder = openFolder(root, path, options);
  } catch (error) {
    if (must || !isPathError(error)) throw error;
    return [];
  }
  try {
    return fs
      .readdirSync(folder.at, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith(temporaryPrefix))
      .map((entry) => ({ path: join(path, entry.name), kind: kindOf(entry) }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  } finally {
    folder.close();
  }
}

function kindOf(entry: fs.Dirent): Entry["kind"] {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "symlink" : "other";
}
