/**
 * Makes a folder and what is missing above it. Node's own recursive `mkdir` never returns where a parent cannot hold folders (/proc), and
 * passes over a disk that fails (EIO) to say later that a folder is not there.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** Errors: those of `mkdir`, for the folder that could not be made. */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let folder = path; !existsSync(folder) && dirname(folder) !== folder; folder = dirname(folder))
    missing.unshift(folder);
  for (const folder of missing) mkdirOnce(folder, mode);
}

function mkdirOnce(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process was faster; anything else in its place shows itself at the next step.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
