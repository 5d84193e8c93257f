/**
 * Writing whole files inside a root folder.
 *
 * W1. A file changes at once or not at all: temporary file in the same open folder, fsync, rename, fsync of the folder (RELIABILITY 36).
 * W2. No symlink is followed on the way to what is written, and none is overwritten (R6).
 * W3. Whoever writes checks first that the path may be written (`writeProblem`).
 * W4. Whoever writes into a folder clears away what a killed writer left there: the step that was cut off writes again, so nothing stays.
 */
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import { temporaryPrefix } from "./paths.ts";
import { hashOpen } from "./read-bytes.ts";
import {
  codeOf,
  isPathError,
  join,
  openFile,
  openFolder,
  openSubfolder,
  refuse,
  type OpenedFolder,
  type OpenOptions,
} from "./safe-files.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;

/** sha256 of the file as it is, null where there is none. Throws `workspace-refused` where something else than a plain file lies there. */
export function currentHash(root: string, path: string, options: OpenOptions = {}): string | null {
  let file;
  try {
    file = openFile(root, path, options);
  } catch (error) {
    if (isPathError(error) && error.code === "file-unreadable" && !exists(root, path)) return null;
    throw error;
  }
  try {
    if (file.resolved !== path) throw refuse(path, "it goes through a symlink; write to where the symlink leads");
    return hashOpen(file);
  } finally {
    file.close();
  }
}

function exists(root: string, path: string): boolean {
  return fs.lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}

/** Replaces or creates one file, with its folders. Returns the sha256 of what was written. Throws `workspace-refused`. */
export function writeWhole(
  root: string,
  path: string,
  content: Uint8Array,
  options: OpenOptions & { readonly mode?: number } = {},
): string {
  return writePieces(root, path, [content], options);
}

/** The same for content that comes in pieces and is never in memory as a whole. */
export function writePieces(
  root: string,
  path: string,
  pieces: Iterable<Uint8Array>,
  options: OpenOptions & { readonly mode?: number } = {},
): string {
  const hash = createHash("sha256");
  withParent(root, path, true, options, (folder, name) => {
    const target = `${folder.at}/${name}`;
    const mode = options.mode ?? checkTarget(target, path, options) ?? 0o644;
    sweepLeftovers(folder); // W4
    const temporary = `${folder.at}/${temporaryName()}`;
    const fd = fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      try {
        for (const piece of pieces) {
          hash.update(piece);
          writeAll(fd, piece);
        }
        fs.fchmodSync(fd, mode & 0o777);
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
      fs.renameSync(temporary, target);
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw error;
    }
    syncFolder(folder);
  });
  return hash.digest("hex");
}

/** Removes one file; a file that is not there is no error. A symlink is removed, never followed. */
export function removeFile(root: string, path: string, options: OpenOptions = {}): void {
  withParent(root, path, false, options, (folder, name) => {
    fs.rmSync(`${folder.at}/${name}`, { force: true });
    syncFolder(folder);
  });
}

/** The mode of the file that will be replaced; undefined where there is none. */
function checkTarget(target: string, path: string, options: OpenOptions): number | undefined {
  const stats = fs.lstatSync(target, { throwIfNoEntry: false });
  if (!stats) return undefined;
  if (stats.isSymbolicLink()) throw refuse(path, "it is a symlink; write to where the symlink leads");
  if (stats.isDirectory()) throw refuse(path, "it is a folder, not a file");
  if (!stats.isFile()) throw refuse(path, "it is neither a file nor a folder");
  if (stats.nlink > 1 && options.hardLinks !== "allow") {
    throw refuse(path, "it has several hard links, so it may also lie outside the workspace");
  }
  return stats.mode;
}

/** Goes from the root to the file's folder, one open folder at a time (F3); with `create`, missing folders are made. */
function withParent(
  root: string,
  path: string,
  create: boolean,
  options: OpenOptions,
  use: (folder: OpenedFolder, name: string) => void,
): void {
  const parts = path.split("/");
  const name = parts.pop() as string;
  let folder = openFolder(root, "", options);
  try {
    for (const part of parts) {
      let next = openSubfolder(root, folder, part);
      if (!next) {
        if (!create) return;
        makeFolder(folder, part);
        next = openSubfolder(root, folder, part);
        if (!next) throw refuse(path, "a folder of it went away while it was written");
      }
      folder.close();
      folder = next;
    }
    use(folder, name);
  } finally {
    folder.close();
  }
}

function makeFolder(parent: OpenedFolder, name: string): void {
  try {
    fs.mkdirSync(`${parent.at}/${name}`);
    syncFolder(parent);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

function writeAll(fd: number, content: Uint8Array): void {
  let done = 0;
  while (done < content.length) done += fs.writeSync(fd, content, done);
}

/** Removes what killed writers left in this folder; what a living one is about to rename stays. */
export function sweepLeftovers(folder: OpenedFolder): void {
  for (const name of fs.readdirSync(folder.at)) {
    if (name.startsWith(temporaryPrefix) && isLeftover(name)) fs.rmSync(`${folder.at}/${name}`, { force: true });
  }
}

function syncFolder(folder: OpenedFolder): void {
  fs.fsyncSync(folder.fd);
}

/** Names the process, so that what a killed one left can be told from what a living one is about to rename. */
export function temporaryName(): string {
  return `${temporaryPrefix}${process.pid}-${randomBytes(6).toString("hex")}`;
}

/** True for a temporary name whose process is gone. */
export function isLeftover(name: string): boolean {
  const match = /-(\d+)-[0-9a-f]{12}$/.exec(name);
  if (!match) return false;
  try {
    process.kill(Number(match[1]), 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}
