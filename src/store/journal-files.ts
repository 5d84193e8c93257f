/**
 * Journal files on disk: rendered text in, files out. What is there already with the same bytes is not touched, and what an earlier
 * rendering of the same run left behind is removed, half files of killed writers too, so that rendering twice is rendering once.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { signalReaches } from "./owner.ts";

/** Returns the paths of all files of this run's journal, relative to `folder`, sorted. `files`: paths relative to `<folder>/<run>/`. */
export function writeJournal(folder: string, run: string, files: ReadonlyMap<string, string>): string[] {
  const root = join(folder, run);
  for (const [path, content] of files) writeIfChanged(join(root, path), content);
  const stale = filesBelow(root).filter((path) => (ours.test(path) && !files.has(path)) || isHalf(path));
  for (const path of stale) rmSync(join(root, path), { force: true });
  return [...files.keys()].map((path) => `${run}/${path}`).toSorted();
}

/** Names of the folders in a journal folder; none where there is no such folder, or nobody here may look. Errors: what a disk says that fails. */
export function journalFolders(folder: string): string[] {
  const found = ifThere(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return found
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

/**
 * The text of a page; undefined where there is none, or nobody here may read it. Errors: what a disk says that fails. What a page remembers
 * holds the store to it (D8), so one that is there and does not come is not the same as none.
 */
export function readPage(path: string): string | undefined {
  return ifThere(() => readFileSync(path, "utf8"));
}

const isNotThere = new Set(["ENOENT", "ENOTDIR", "EACCES", "EPERM"]);

function ifThere<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && isNotThere.has(String(error.code))) return undefined;
    throw error;
  }
}

function writeIfChanged(path: string, content: string): void {
  if (existsSync(path) && readFileSync(path, "utf8") === content) return;
  makeFolder(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** Files that a journal can hold; anything else in the folder is somebody's own and stays. */
const ours = /^(README\.md|trace\.jsonl|(tasks|decisions)\/\d{2,}-[^/]+\.md)$/;

/** What a writer left that was killed, or could not go on; what a living one is about to rename stays. */
function isHalf(path: string): boolean {
  const [, page = "", pid] = /^(.*)\.(\d+)\.tmp$/.exec(path) ?? [];
  return ours.test(page) && (Number(pid) === process.pid || !signalReaches(Number(pid)));
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
}
