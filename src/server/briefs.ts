/** The briefs of a project: Markdown files in `briefs/`, and nothing beside them. */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CadreError } from "../errors.ts";

const named = /^briefs\/[\p{L}\p{N}][\p{L}\p{N} ._-]{0,120}\.md$/u;

/** Relative to the project. */
export function briefFiles(dir: string): readonly string[] {
  try {
    return readdirSync(join(dir, "briefs"))
      .map((name) => `briefs/${name}`)
      .filter((file) => named.test(file) && isFile(join(dir, file)))
      .toSorted();
  } catch {
    return []; // no such folder: no briefs
  }
}

/** Errors: file-unreadable. */
export function briefPath(dir: string, file: string): string {
  const path = join(dir, file);
  if (named.test(file) && isFile(path)) return path;
  throw new CadreError("file-unreadable", "there is no such brief in briefs/");
}

/** A link may lead anywhere: what is read over the network is a file. */
function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
