/**
 * Writes a planned workspace into a new, empty folder, and hashes what a workspace holds.
 *
 * Files first, symlinks last: while files are written there is no symlink to write through, whatever a tree's names say.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { dirname } from "node:path";
import { sha256 } from "../../canonical.ts";
import { CadreError } from "../../errors.ts";
import { makeFolder } from "../../store/make-folder.ts";
import { breathe } from "../answer.ts";
import type { ContentStore } from "./content-store.ts";
import { keptBytes } from "./content-store.ts";
import { chunksOf, hashOpen } from "../read-bytes.ts";
import { isPathError, openFile, openFolder } from "../safe-files.ts";
import { walkFolder } from "../walk-folder.ts";
import type { Baseline } from "./workspace.ts";
import { readBlobs, type TreeEntry } from "./git.ts";
import { copyLimits, gitLimits, tooMuch, type Plan, type PlanItem } from "./plan.ts";

type Written = Pick<Baseline, "files" | "skipped" | "kinds">;

/** A symlink's content, as hashed and shown: it never equals a file's by accident. */
export function linkContent(target: string): string {
  return `symlink to ${target}`;
}

class TreeWriter {
  readonly files: Record<string, string> = Object.create(null) as Record<string, string>;
  readonly kinds: Record<string, "executable" | "symlink"> = Object.create(null) as Record<
    string,
    "executable" | "symlink"
  >;
  readonly skipped: { path: string; reason: string }[] = [];
  private readonly links: { path: string; target: string }[] = [];
  private readonly project: string;
  private readonly tree: string;
  private readonly contents: ContentStore;
  private readonly limit: number;
  private bytes = 0;

  constructor(project: string, tree: string, contents: ContentStore, limit: number) {
    this.project = project;
    this.tree = tree;
    this.contents = contents;
    this.limit = limit;
  }

  /** A blob of HEAD. A git-lfs pointer is replaced by the content that it stands for, if the project's file is just that. */
  blob(entry: TreeEntry, bytes: Buffer): void {
    if (entry.kind === "symlink") {
      this.link(entry.path, bytes.toString("utf8"));
      return;
    }
    const pointer = lfsPointer(bytes);
    if (pointer !== null) {
      if (this.hashOfProjectFile(entry.path) === pointer) return this.file(entry.path);
      this.skipped.push({ path: entry.path, reason: "its git-lfs content is not here; the workspace has the pointer" });
    }
    this.grow(bytes.length);
    const target = this.place(entry.path);
    fs.writeFileSync(target, bytes, { flag: "wx", mode: entry.executable ? 0o755 : 0o644 });
    if (entry.executable) this.kinds[entry.path] = "executable";
    this.keep(entry.path, sha256(bytes), bytes);
  }

  /** A file or symlink of the project, as it lies there. What cannot be read is named, not fatal. */
  fromProject(path: string): void {
    try {
      const stats = fs.lstatSync(`${this.project}/${path}`);
      if (stats.isSymbolicLink()) this.link(path, fs.readlinkSync(`${this.project}/${path}`));
      else this.file(path);
    } catch (error) {
      const gone = error instanceof Error && (error as NodeJS.ErrnoException).code === "ENOENT";
      if (!gone && !(isPathError(error) && error.code === "file-unreadable")) throw error;
      this.skipped.push({ path, reason: "it cannot be read" });
    }
  }

  end(): void {
    for (const { path, target } of this.links) {
      fs.symlinkSync(target, this.place(path));
      const content = linkContent(target);
      this.kinds[path] = "symlink";
      this.keep(path, sha256(content), Buffer.from(content));
    }
  }

  private file(path: string): void {
    const file = openFile(this.project, path, { hardLinks: "allow" });
    try {
      this.grow(file.stats.size);
      const executable = (file.stats.mode & 0o111) !== 0;
      const out = fs.openSync(this.place(path), "wx", executable ? 0o755 : 0o644);
      if (executable) this.kinds[path] = "executable";
      const hash = createHash("sha256");
      const kept: Buffer[] = [];
      try {
        for (const chunk of chunksOf(file)) {
          for (let done = 0; done < chunk.length;) done += fs.writeSync(out, chunk, done);
          hash.update(chunk);
          if (file.stats.size <= keptBytes) kept.push(Buffer.from(chunk));
        }
      } finally {
        fs.closeSync(out);
      }
      const digest = hash.digest("hex");
      if (file.stats.size <= keptBytes) this.keep(path, digest, Buffer.concat(kept));
      else this.files[path] = digest;
    } finally {
      file.close();
    }
  }

  private link(path: string, target: string): void {
    this.links.push({ path, target });
  }

  private place(path: string): string {
    const target = `${this.tree}/${path}`;
    makeFolder(dirname(target));
    return target;
  }

  private grow(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.limit)
      throw tooMuch(this.project, `its files are larger than ${this.limit / 1024 / 1024} MB together`);
  }

  private keep(path: string, hash: string, bytes: Buffer): void {
    this.files[path] = hash;
    this.contents.put(hash, bytes);
  }

  private hashOfProjectFile(path: string): string | null {
    try {
      const file = openFile(this.project, path, { hardLinks: "allow" });
      try {
        return hashOpen(file);
      } finally {
        file.close();
      }
    } catch (error) {
      if (isPathError(error)) return null;
      throw error;
    }
  }
}

/** The sha256 that a git-lfs pointer names. */
function lfsPointer(bytes: Buffer): string | null {
  if (bytes.length > 1024 || !bytes.toString("latin1", 0, 43).startsWith("version https://git-lfs.github.com/spec/v1"))
    return null;
  return /^oid sha256:([0-9a-f]{64})$/m.exec(bytes.toString("latin1"))?.[1] ?? null;
}

export async function writeTree(project: string, tree: string, plan: Plan, contents: ContentStore): Promise<Written> {
  const limits = plan.source.kind === "git" ? gitLimits : copyLimits;
  if (plan.items.length > limits.files)
    throw tooMuch(project, `it holds more than ${limits.files.toLocaleString("en")} files`);
  const blobs = plan.items.filter((item): item is Extract<PlanItem, { from: "blob" }> => item.from === "blob");
  if (blobs.reduce((sum, item) => sum + item.entry.size, 0) > limits.bytes) {
    throw tooMuch(project, `its files are larger than ${limits.bytes / 1024 / 1024} MB together`);
  }
  const writer = new TreeWriter(project, tree, contents, limits.bytes);
  for await (const { entry, bytes } of readBlobs(
    project,
    blobs.map((item) => item.entry),
  ))
    writer.blob(entry, bytes);
  for (const [index, item] of plan.items.entries()) {
    if (item.from === "project") writer.fromProject(item.path);
    if (index % 50 === 0) await breathe();
  }
  writer.end();
  return { files: writer.files, kinds: writer.kinds, skipped: [...plan.skipped, ...writer.skipped].slice(0, 1000) };
}

/** sha256 by path of everything in a tree, in code-unit order. Pipes and devices are no part of it. Throws `workspace-refused`. */
export async function hashTree(tree: string): Promise<ReadonlyMap<string, string>> {
  const hashes: [string, string][] = [];
  let rested = 0;
  for (const entry of walkFolder(tree, "")) {
    if (entry.kind === "file") hashes.push([entry.path, hashFile(tree, entry.path)]);
    if (entry.kind === "symlink") hashes.push([entry.path, sha256(linkContent(linkTarget(tree, entry.path)))]);
    if (hashes.length - rested >= 50) {
      rested = hashes.length;
      await breathe();
    }
  }
  return new Map(hashes.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function hashFile(tree: string, path: string): string {
  let file;
  try {
    file = openFile(tree, path, { hardLinks: "allow" });
  } catch (error) {
    if (!isPathError(error)) throw error;
    throw new CadreError(
      "workspace-refused",
      `The workspace holds ${JSON.stringify(path)}, which cannot be read: ${error.message}`,
      {
        hint: "Names must be UTF-8, and files must not change while the workspace is compared.",
        data: { path },
      },
    );
  }
  try {
    return hashOpen(file);
  } finally {
    file.close();
  }
}

export function linkTarget(root: string, path: string): string {
  const cut = path.lastIndexOf("/");
  const folder = openFolder(root, cut === -1 ? "" : path.slice(0, cut));
  try {
    return fs.readlinkSync(`${folder.at}/${path.slice(cut + 1)}`);
  } finally {
    folder.close();
  }
}

/**
 * What lies at a path: sha256 of a file or of a symlink's content; null where there is nothing. Throws `workspace-refused` where
 * something else lies there, or where the way to it goes through a symlink.
 */
export function entryAt(
  root: string,
  path: string,
): { readonly kind: "file" | "symlink"; readonly hash: string } | null {
  const cut = path.lastIndexOf("/");
  const parent = cut === -1 ? "" : path.slice(0, cut);
  let folder;
  try {
    folder = openFolder(root, parent);
  } catch (error) {
    if (isPathError(error) && error.code === "file-unreadable") return null;
    throw error;
  }
  try {
    if (folder.resolved !== parent)
      throw new CadreError("workspace-refused", `\`${path}\` goes through a symlink.`, { data: { path } });
    const stats = fs.lstatSync(`${folder.at}/${path.slice(cut + 1)}`, { throwIfNoEntry: false });
    if (!stats) return null;
    if (stats.isSymbolicLink()) return { kind: "symlink", hash: sha256(linkContent(linkTarget(root, path))) };
  } finally {
    folder.close();
  }
  const file = openFile(root, path, { hardLinks: "allow" });
  try {
    return { kind: "file", hash: hashOpen(file) };
  } finally {
    file.close();
  }
}
