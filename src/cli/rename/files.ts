/**
 * Writes what was planned, all of it or nothing.
 *
 * W1. Every new text lies on disk, whole, beside its place before the first file changes; a place that cannot be written stops it there.
 * W2. Each file changes at once. Where one of them cannot be changed after all, those before it get back what they held.
 */
import { accessSync, constants, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CadreError } from "../../errors.ts";
import type { RenamePlan } from "./role.ts";

/** Errors: data-read-only (a file or folder that may not be written), hash-stale (a file that changed meanwhile). Then nothing was changed. */
export function writeRename(dir: string, { files, folder }: RenamePlan): void {
  const undo: (() => void)[] = [];
  const staged = (path: string): string => join(dir, `${path}.${process.pid}.tmp`);
  try {
    for (const { path, before } of files) requireAsRead(dir, path, before);
    if (folder) requireWritable(dirname(join(dir, folder.from)));
    for (const { path, after } of files) {
      writeFileSync(staged(path), after, { flag: "wx", mode: statSync(join(dir, path)).mode & 0o777 });
      undo.push(() => rmSync(staged(path), { force: true })); // W1
    }
    for (const { path, to, before } of files) {
      renameSync(staged(path), join(dir, path));
      undo.push(() => writeFileSync(join(dir, path), before)); // W2
      if (to === path) continue;
      renameSync(join(dir, path), join(dir, to));
      undo.push(() => renameSync(join(dir, to), join(dir, path)));
    }
    if (folder) renameSync(join(dir, folder.from), join(dir, folder.to));
  } catch (error) {
    for (const step of undo.toReversed()) step();
    if (error instanceof CadreError) throw error;
    throw new CadreError("data-read-only", `the files could not be written: ${(error as Error).message}`, {
      hint: "Nothing was changed.",
      cause: error,
    });
  }
}

function requireAsRead(dir: string, path: string, before: string): void {
  requireWritable(join(dir, path));
  requireWritable(dirname(join(dir, path)));
  if (readFileSync(join(dir, path), "utf8") === before) return;
  throw new CadreError("hash-stale", `${path} was changed meanwhile`, { hint: "Nothing was changed. Try it again." });
}

function requireWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new CadreError("data-read-only", `${path} may not be written`, {
      hint: "Nothing was changed. Make it writable, or check it out.",
      cause: error,
    });
  }
}
