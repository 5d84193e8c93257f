/**
 * Brings a signed-off change set into the project.
 *
 * A1. Everything is checked before anything is written: the set's hash, every path, every file of the project, every file of the
 *     workspace, and that the folders may be written. What a person approved is what is written, byte for byte (R3).
 * A2. Each file changes at once; a killed apply is finished by running it again: what is already as it shall be is left alone.
 * A3. Nothing outside the project, nothing through a symlink, nothing protected (R6, RELIABILITY 26).
 */
import { accessSync, constants } from "node:fs";
import { hashOf, sha256 } from "../../canonical.ts";
import { CadreError } from "../../errors.ts";
import type { ChangeSet, FileChange } from "../../events/event.ts";
import { parsePath, writeProblem } from "../paths.ts";
import { chunksOf } from "../read-bytes.ts";
import { codeOf, isPathError, join, openFile, openFolder } from "../safe-files.ts";
import { lies, removeEmptyFolder, waysOf, type Ways } from "./make-way.ts";
import { entryAt } from "./tree.ts";
import { removeFile, sweepLeftovers, writeWhole } from "../write-whole.ts";

type Conflict = {
  readonly path: string;
  readonly expected: string | null;
  readonly found: string | null;
  readonly reason: string;
};

/**
 * Throws `hash-stale`, `workspace-refused`, `apply-conflict`, `data-read-only`; then nothing was changed. Where a disk fails or fills between
 * two files, what was brought in stays, and the error names the file at which it stopped (A2).
 */
export function applyChanges(project: string, tree: string, changes: ChangeSet): void {
  if (hashOf(changes.files) !== changes.hash) {
    throw new CadreError("hash-stale", "The change set is not the one that its hash names. Nothing was changed.");
  }
  for (const file of changes.files) checkPath(file.path);
  const ways = waysOf(changes.files);
  const open = toDo(project, changes.files, ways);
  for (const file of open) checkSource(tree, file);
  for (const folder of new Set(open.map((file) => folderOf(file.path)))) requireWritable(project, folder);
  for (const folder of new Set(changes.files.map((file) => folderOf(file.path))))
    namingPath(join(project, folder), () => sweep(project, folder));
  const first = open.filter(ways.goesFirst);
  for (const file of [...first, ...open.filter((each) => !ways.goesFirst(each))])
    namingPath(join(project, file.path), () => write(project, tree, file));
}

/** Of a folder that is yet to be made: the nearest that is there. A file in its place makes way. */
function requireWritable(project: string, folder: string): void {
  const place = join(project, folder);
  if (lies(project, folder)?.isDirectory() === false) return requireWritable(project, folderOf(folder));
  try {
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if ((codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") && folder !== "")
      return requireWritable(project, folderOf(folder));
    throw new CadreError(
      "data-read-only",
      `The folder ${place} may not be written (${codeOf(error)}). Nothing was changed.`,
      {
        hint: "Give yourself the right to write it (`ls -ld` says who has it), then apply again.",
        data: { path: folder },
        cause: error,
      },
    );
  }
}

const refusals = {
  EACCES: ["data-read-only", "permission denied"],
  EPERM: ["data-read-only", "permission denied"],
  EROFS: ["data-read-only", "its disk is read-only"],
  ENOSPC: ["disk-full", "there is no space left"],
  EDQUOT: ["disk-full", "there is no space left"],
  EIO: ["disk-failed", "the disk refused"],
} as const;

/** What is written is reached through an open folder (F3), by a name that tells nobody anything. */
function namingPath(path: string, use: () => void): void {
  try {
    use();
  } catch (error) {
    const word = codeOf(error) ?? "";
    if (error instanceof CadreError || !Object.hasOwn(refusals, word)) throw error;
    const [code, why] = refusals[word as keyof typeof refusals];
    throw new CadreError(code, `${path} could not be written: ${why} (${word}).`, {
      hint: "What was brought in before it stays. Mend that, then apply again: it goes on from there.",
      cause: error,
    });
  }
}

function checkPath(path: string): void {
  const parsed = parsePath(path);
  const reason = parsed.ok ? (parsed.path === path ? writeProblem(path) : "it is not written plainly") : parsed.reason;
  if (reason !== null) {
    throw new CadreError("workspace-refused", `\`${path}\` cannot be applied: ${reason}. Nothing was changed.`, {
      data: { path },
    });
  }
}

function toDo(project: string, files: readonly FileChange[], ways: Ways): FileChange[] {
  const open: FileChange[] = [];
  const conflicts: Conflict[] = [];
  for (const file of files) {
    const found = ways.nothingAt(project, file) ? { hash: null, reason: null } : projectHash(project, file.path);
    if (found.reason === null && found.hash === file.after) continue;
    if (found.reason === null && found.hash === file.before) open.push(file);
    else
      conflicts.push({
        path: file.path,
        expected: file.before,
        found: found.hash,
        reason: found.reason ?? differs(file, found.hash),
      });
  }
  if (conflicts.length === 0) return open;
  const list = conflicts.map((one) => `${one.path} (${one.reason})`).join(", ");
  throw new CadreError(
    "apply-conflict",
    `The project is no longer as it was when the run started: ${list}. Nothing was changed.`,
    {
      hint: "Commit or set aside your own changes to these files and apply again, or take the run's changes over by hand.",
      data: { files: conflicts },
    },
  );
}

function differs(file: FileChange, found: string | null): string {
  if (found === null) return "it is gone";
  return file.before === null ? "there is a file of that name now" : "it was changed";
}

function projectHash(project: string, path: string): { readonly hash: string | null; readonly reason: string | null } {
  try {
    return { hash: entryAt(project, path)?.hash ?? null, reason: null };
  } catch (error) {
    if (isPathError(error)) return { hash: null, reason: error.message.replace(/\.$/, "") };
    throw error;
  }
}

/** A1: the workspace still holds what was approved, as a plain file. */
function checkSource(tree: string, file: FileChange): void {
  if (file.after === null) return;
  const entry = entryAt(tree, file.path);
  if (entry?.kind === "symlink") {
    throw new CadreError(
      "workspace-refused",
      `\`${file.path}\` is a symlink; symlinks are not applied. Nothing was changed.`,
      {
        hint: "Make the symlink yourself, or have the run make a file instead.",
        data: { path: file.path },
      },
    );
  }
  if (entry?.hash !== file.after) throw changedSince(file.path);
  // Refuses hard links here, before anything is written.
  openFile(tree, file.path).close();
}

function changedSince(path: string): CadreError {
  return new CadreError("hash-stale", `The workspace's \`${path}\` was changed after the sign-off.`, {
    hint: "Look at the changes again and sign them off anew.",
    data: { path },
  });
}

function write(project: string, tree: string, file: FileChange): void {
  if (file.after === null) return removeFile(project, file.path, { hardLinks: "allow" });
  const source = openFile(tree, file.path);
  try {
    const content = Buffer.concat([...chunksOf(source)].map((chunk) => Buffer.from(chunk)));
    // What is written is what was approved, even if the workspace changed since it was checked.
    if (sha256(content) !== file.after) throw changedSince(file.path);
    // A new file takes the workspace's mode, an existing one keeps its own.
    const mode = file.before === null ? { mode: source.stats.mode & 0o111 ? 0o755 : 0o644 } : {};
    removeEmptyFolder(project, file.path);
    writeWhole(project, file.path, content, { hardLinks: "allow", ...mode });
  } finally {
    source.close();
  }
}

/** Removes what a killed apply left half written beside its files. */
function sweep(project: string, path: string): void {
  let folder;
  try {
    folder = openFolder(project, path);
  } catch (error) {
    if (isPathError(error)) return;
    throw error;
  }
  try {
    sweepLeftovers(folder);
  } finally {
    folder.close();
  }
}

function folderOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut === -1 ? "" : path.slice(0, cut);
}
