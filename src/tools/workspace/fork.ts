/**
 * Makes a workspace as another one was at a point of its history (`past.ts`).
 *
 * W1. Every file is what the history says, by hash, or there is no workspace: what is missing is named, and nothing is made.
 * W2. Contents come from the content store; a file that is too large for it, from the other workspace, where it still is the very one.
 * W3. Like any workspace it appears whole, by one rename (S1 in `folder.ts`).
 */
import fs from "node:fs";
import { dirname } from "node:path";
import { CadreError } from "../../errors.ts";
import { makeFolder } from "../../store/make-folder.ts";
import { breathe } from "../answer.ts";
import type { ContentStore } from "./content-store.ts";
import { parsePath } from "../paths.ts";
import { chunksOf } from "../read-bytes.ts";
import { isPathError, openFile } from "../safe-files.ts";
import type { Held, HeldTree } from "./record.ts";
import { entryAt, hashTree, linkContent } from "./tree.ts";

export type ForkSource = {
  readonly held: HeldTree;
  readonly contents: ContentStore;
  /** The other workspace, as it is now. */
  readonly from: string;
};

/** Paths whose content is nowhere any more. */
export function missingFrom({ held, contents, from }: ForkSource): string[] {
  return [...held].filter(([path, entry]) => !isThere(path, entry, contents, from)).map(([path]) => path);
}

function isThere(path: string, entry: Held, contents: ContentStore, from: string): boolean {
  if (entry.kind === "folder") return true;
  return contents.get(entry.hash) !== undefined || (entry.kind !== "symlink" && isSame(from, path, entry.hash));
}

function isSame(from: string, path: string, hash: string): boolean {
  try {
    const found = entryAt(from, path);
    return found?.kind === "file" && found.hash === hash;
  } catch (error) {
    if (isPathError(error)) return false;
    throw error;
  }
}

/** Into an empty folder. Errors: workspace-refused (W1). */
export async function writeHeld(source: ForkSource, tree: string): Promise<void> {
  let written = 0;
  const links: [path: string, target: string][] = [];
  for (const [path, entry] of source.held) {
    requirePlain(path);
    if (entry.kind === "folder") makeFolder(`${tree}/${path}`);
    else if (entry.kind === "symlink") links.push([path, targetOf(source, path, entry.hash)]);
    else writeFile(source, tree, path, entry);
    if ((written += 1) % 50 === 0) await breathe();
  }
  // Last, as in every workspace: there is no symlink to write through while files are written.
  for (const [path, target] of links) {
    makeFolder(dirname(`${tree}/${path}`));
    fs.symlinkSync(target, `${tree}/${path}`);
  }
  await requireExact(source.held, tree);
}

function requirePlain(path: string): void {
  const parsed = parsePath(path);
  if (!parsed.ok || parsed.path !== path || path === "")
    throw new CadreError("workspace-refused", `${JSON.stringify(path)} is no path of a workspace`, { data: { path } });
}

function targetOf({ contents }: ForkSource, path: string, hash: string): string {
  const content = contents.get(hash)?.toString("utf8");
  if (content === undefined) throw gone(path);
  return content.slice(linkContent("").length);
}

function writeFile(
  source: ForkSource,
  tree: string,
  path: string,
  entry: { readonly kind: string; readonly hash: string },
): void {
  const target = `${tree}/${path}`;
  const mode = entry.kind === "executable" ? 0o755 : 0o644;
  makeFolder(dirname(target));
  const bytes = source.contents.get(entry.hash);
  if (bytes !== undefined) {
    fs.writeFileSync(target, bytes, { flag: "wx", mode });
    return;
  }
  if (!isSame(source.from, path, entry.hash)) throw gone(path);
  const file = openFile(source.from, path, { hardLinks: "allow" });
  const out = fs.openSync(target, "wx", mode);
  try {
    for (const chunk of chunksOf(file)) for (let done = 0; done < chunk.length;) done += fs.writeSync(out, chunk, done);
  } finally {
    fs.closeSync(out);
    file.close();
  }
}

function gone(path: string): CadreError {
  return new CadreError("workspace-refused", `the content of ${path} at that point is nowhere any more`, {
    hint: "Go on from another step: a later one, or one before the file was changed.",
    data: { path },
  });
}

/** W1, looked at once more on what was written. */
async function requireExact(held: HeldTree, tree: string): Promise<void> {
  const due = new Map([...held].flatMap(([path, entry]) => (entry.kind === "folder" ? [] : [[path, entry.hash]])));
  const found = await hashTree(tree);
  const wrong = [...new Set([...due.keys(), ...found.keys()])].find((path) => due.get(path) !== found.get(path));
  if (wrong !== undefined)
    throw new CadreError("internal", `${wrong} in the new workspace is not what it was`, { data: { path: wrong } });
}
