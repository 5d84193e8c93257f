/**
 * What a workspace held at some time, as objects by hash in the content store: one for each folder, with the hashes of what is in it.
 *
 * O1. A record costs what is new (D7): a folder and a file that did not change are the same objects as before.
 * O2. A record is named by its hash, which covers all of it: names, kinds and contents.
 * O3. What is larger than `recordedBytes`, and the folders that other people's files are installed to, are named and not kept.
 * O4. A file is read again only where its inode, size or times changed since it was looked at; one that had only just changed then is
 *     always read again, for a further change may show in none of them.
 */
import fs from "node:fs";
import { z } from "zod";
import { canonicalJson, sha256 } from "../../canonical.ts";
import { breathe } from "../answer.ts";
import type { ContentStore } from "./content-store.ts";
import { liesIn } from "../paths.ts";
import { chunksOf, hashOpen } from "../read-bytes.ts";
import { openFile } from "../safe-files.ts";
import { bulkyFolders, walkFolder, type Entry } from "../walk-folder.ts";
import { linkContent, linkTarget } from "./tree.ts";
import { once } from "../../events/once.ts";

/** Larger files are not kept: a run can go on from before such a file changed only where it still lies in the other one's workspace. */
export const recordedBytes = 64 * 1024 * 1024;

export type HeldKind = "file" | "executable" | "symlink";

/** A file or symlink by its content's hash; an empty folder by `folder`. */
export type Held = { readonly kind: HeldKind; readonly hash: string } | { readonly kind: "folder" };

/** By path. */
export type HeldTree = Map<string, Held>;

/** Name, kind and hash of everything in a folder, by name. Not an object by name: `__proto__` is a name like any other. */
const folderSchema = once(() =>
  z.array(z.tuple([z.string(), z.enum(["file", "executable", "symlink", "folder"]), z.string()])),
);
type Folder = z.infer<ReturnType<typeof folderSchema>>;

/** What files of a tree were when they were looked at, by path: kept by whoever records a tree several times. */
export type Looked = Map<string, { readonly mark: string; readonly leaf: Leaf }>;

/** Records what lies in the tree, or only in these files and folders of it. Returns the hash. */
export async function recordTree(
  tree: string,
  within: readonly string[] | null,
  { contents, looked }: { readonly contents: ContentStore; readonly looked: Looked },
): Promise<string> {
  const root: Nested = new Map();
  let many = 0;
  for (const entry of walkFolder(tree, "", { skip: isBulky })) {
    if (isBulky(entry) || !isMeant(entry.path, within)) continue;
    if (entry.kind === "folder") folderIn(root, entry.path);
    else if (entry.kind !== "other") put(root, entry.path, keep(tree, entry, contents, looked));
    if ((many += 1) % 50 === 0) await breathe();
  }
  return writeFolder(root, contents);
}

function isBulky({ path, kind }: Entry): boolean {
  return kind === "folder" && bulkyFolders.has(path.slice(path.lastIndexOf("/") + 1));
}

/** Whether it lies in a folder that records leave out. */
export function isInBulky(path: string): boolean {
  return path
    .split("/")
    .slice(0, -1)
    .some((name) => bulkyFolders.has(name));
}

export function isMeant(path: string, within: readonly string[] | null): boolean {
  return within === null || within.some((own) => liesIn(path, own));
}

type Leaf = { readonly kind: HeldKind; readonly hash: string };
type Nested = Map<string, Leaf | Nested>;

function folderIn(root: Nested, path: string): Nested {
  let folder = root;
  for (const name of path.split("/")) {
    const next = folder.get(name);
    const inside: Nested = next instanceof Map ? next : new Map();
    folder.set(name, inside);
    folder = inside;
  }
  return folder;
}

function put(root: Nested, path: string, leaf: Leaf): void {
  const cut = path.lastIndexOf("/");
  (cut === -1 ? root : folderIn(root, path.slice(0, cut))).set(path.slice(cut + 1), leaf);
}

function writeFolder(folder: Nested, contents: ContentStore): string {
  const entries = [...folder]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, entry]): Folder[number] =>
      entry instanceof Map ? [name, "folder", writeFolder(entry, contents)] : [name, entry.kind, entry.hash],
    );
  const bytes = Buffer.from(canonicalJson(entries));
  const hash = sha256(bytes);
  contents.keep(hash, bytes.length, () => bytes);
  return hash;
}

function keep(tree: string, { path, kind }: Entry, contents: ContentStore, looked: Looked): Leaf {
  if (kind === "symlink") {
    const content = Buffer.from(linkContent(linkTarget(tree, path)));
    const hash = sha256(content);
    contents.keep(hash, content.length, () => content);
    return { kind: "symlink", hash };
  }
  const mark = markOf(`${tree}/${path}`);
  const known = looked.get(path);
  if (known && mark !== null && known.mark === mark) return known.leaf; // O4
  const leaf = keepFile(tree, path, contents);
  if (mark === null) looked.delete(path);
  else looked.set(path, { mark, leaf });
  return leaf;
}

/** Longer than the clock of any file system stands still between two ticks, in ms. */
const settledMs = 100;

/** Null where the file changed a moment ago, or is gone. */
function markOf(path: string): string | null {
  const stats = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stats || Date.now() - Number(stats.ctimeMs) < settledMs) return null;
  const { ino, size, mode, mtimeNs, ctimeNs } = stats;
  return [ino, size, mode, mtimeNs, ctimeNs].join(" ");
}

/** A file as it is now; its content is kept unless it is there already. */
export function keepFile(tree: string, path: string, contents: ContentStore): Leaf {
  const file = openFile(tree, path, { hardLinks: "allow" });
  try {
    const { size, mode } = file.stats;
    const hash = hashOpen(file);
    if (size <= recordedBytes)
      contents.keep(hash, size, () => Buffer.concat([...chunksOf(file)].map((chunk) => Buffer.from(chunk))));
    return { kind: mode & 0o111 ? "executable" : "file", hash };
  } finally {
    file.close();
  }
}

/** What a record holds; null where an object of it is missing or damaged. */
export function readRecord(hash: string, contents: ContentStore): HeldTree | null {
  const held: HeldTree = new Map();
  const read = (at: string, folder: string): boolean => {
    const bytes = contents.get(folder);
    if (bytes === undefined) return false;
    const entries = folderSchema().parse(JSON.parse(bytes.toString("utf8")));
    if (entries.length === 0 && at !== "") held.set(at, { kind: "folder" });
    return entries.every(([name, kind, inside]) => {
      const path = at === "" ? name : `${at}/${name}`;
      if (kind === "folder") return read(path, inside);
      held.set(path, { kind, hash: inside });
      return true;
    });
  };
  return read("", hash) ? held : null;
}
