/**
 * Changes of a set that stand in each other's way in the project: where a file becomes a folder, or a folder a file, what is there goes first.
 * Only what the set itself takes away makes way; anything else in its place is a conflict like any other.
 */
import fs from "node:fs";
import type { FileChange } from "../../events/event.ts";
import { codeOf, isPathError, join, openFolder } from "../safe-files.ts";
import { walkFolder, type Entry } from "../walk-folder.ts";

export type Ways = {
  /** A file that is taken away before others can be written. */
  readonly goesFirst: (file: FileChange) => boolean;
  /** True where no file lies at its path for a reason of the set's own, begun or already carried out. */
  readonly nothingAt: (project: string, file: FileChange) => boolean;
};

export function waysOf(files: readonly FileChange[]): Ways {
  const after = new Map(files.map((file) => [file.path, file.after]));
  const made = new Set(files.flatMap((file) => (file.after === null ? [] : foldersOf(file.path))));
  const left = new Set(files.flatMap((file) => (file.after === null ? foldersOf(file.path) : [])));
  return {
    goesFirst: (file) =>
      file.after === null &&
      (made.has(file.path) || foldersOf(file.path).some((folder) => (after.get(folder) ?? null) !== null)),
    nothingAt: (project, file) => {
      if (foldersOf(file.path).some((folder) => after.has(folder) && lies(project, folder)?.isFile() === true))
        return true;
      if (lies(project, file.path)?.isDirectory() !== true) return false;
      if (file.after === null) return made.has(file.path);
      return (
        left.has(file.path) &&
        entries(project, file.path).every(({ path, kind }) => kind === "folder" || after.get(path) === null)
      );
    },
  };
}

/** A folder without a file in it, with the folders in it; one that holds anything stays. */
export function removeEmptyFolder(project: string, path: string): void {
  if (lies(project, path)?.isDirectory() !== true) return;
  const inside = entries(project, path).map((entry) => entry.path);
  for (const folder of [path, ...inside].toReversed()) removeOne(project, folder);
}

function removeOne(project: string, path: string): void {
  const cut = path.lastIndexOf("/");
  const parent = openFolder(project, cut === -1 ? "" : path.slice(0, cut));
  try {
    fs.rmdirSync(`${parent.at}/${path.slice(cut + 1)}`);
  } catch (error) {
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST" && codeOf(error) !== "ENOTDIR") throw error;
  } finally {
    parent.close();
  }
}

function entries(project: string, path: string): Entry[] {
  try {
    return [...walkFolder(project, path)];
  } catch (error) {
    if (isPathError(error)) return [];
    throw error;
  }
}

/** Undefined where there is nothing, also where a part of the way is a file. */
export function lies(root: string, path: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(join(root, path), { throwIfNoEntry: false });
  } catch (error) {
    if (codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** `a` and `a/b` of `a/b/c`. */
function foldersOf(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join("/"));
}
