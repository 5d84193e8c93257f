/**
 * Files that a command makes for a person to keep: role files, mostly.
 *
 * W1. Nothing is written unless everything can be: a file in the way is named, and the folder stays as it was.
 * W2. A file with the same bytes is not in the way.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CadreError } from "../errors.ts";

export type NewFile = { readonly path: string; readonly text: string };

/** Returns the paths that were written. Errors: usage (files in the way, each named), data-read-only, disk-full from the system. */
export function writeNewFiles(
  folder: string,
  files: readonly NewFile[],
  options: { readonly force: boolean },
): string[] {
  const planned = files.map((file) => ({ ...file, there: readIfThere(join(folder, file.path)) }));
  const fresh = planned.filter(({ text, there }) => there !== text);
  const blocked = fresh.filter(({ there }) => there !== null);
  if (blocked.length > 0 && !options.force) {
    const names = blocked.map(({ path }) => path);
    throw new CadreError(
      "usage",
      `${names.length === 1 ? "a file is" : `${names.length} files are`} in the way in ${folder}: ${names.join(", ")}`,
      { hint: "nothing was written; --force replaces them, and --dry-run shows what would be", data: { files: names } },
    );
  }
  for (const { path, text } of fresh) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    const whole = `${target}.${process.pid}.tmp`;
    writeFileSync(whole, text);
    renameSync(whole, target);
  }
  return fresh.map(({ path }) => path);
}

/** Null where nothing is; what is no file is in the way like any other content. */
function readIfThere(path: string): string | null {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return null;
  return status.isFile() ? readFileSync(path, "utf8") : "";
}
