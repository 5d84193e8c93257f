/**
 * Loads role files, in whatever dialects. R5: every file is read as text and parsed; nothing in a folder is imported, required or run.
 *
 * Folders are searched recursively for `*.md`, `.roomodes`, YAML and JSON; `rules/` and `context/` directly inside a folder named `modes`
 * (or inside the folder that was asked for) hold no modes. Of hidden folders those are looked into that the dialects keep their files
 * in. A file that was named is read whatever its name is. What turns out to be no role is passed over with a word, one for each folder.
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { readTextFile, type TextFile } from "../documents/file.ts";
import { compareText, sortProblems } from "../documents/problem-order.ts";
import type { Problem } from "../documents/problem.ts";
import type { Mode } from "./mode.ts";
import { isCollection, noRole, readRoleFile } from "./read-mode.ts";

export type LoadedModes = {
  /** Sorted by file. */
  readonly modes: readonly Mode[];
  readonly problems: readonly Problem[];
  /** Text of every file that was read, by the path that problems cite: for code frames. */
  readonly sources: ReadonlyMap<string, string>;
  /** Files that an error kept from being read as a role: a route may mean one of them. */
  readonly unread: readonly string[];
};

/** A folder deeper or larger than this is a mistake, e.g. a home folder. */
const limits = { depth: 8, files: 2_000 } as const;

const notModes = new Set(["rules", "context"]);

/** Where other dialects keep their files. */
const openHidden = new Set([".claude", ".github", ".opencode", ".ruru", ".modes"]);

/**
 * @param paths files and folders, absolute or relative to `base`.
 * @param base what cited paths are relative to, default the current folder; a path outside it is cited as it was given.
 */
export async function loadModes(paths: string | readonly string[], base = process.cwd()): Promise<LoadedModes> {
  const given = typeof paths === "string" ? [paths] : paths;
  const { files, problems } = await findFiles(given, base);
  const modes: Mode[] = [];
  const sources = new Map<string, string>();
  const unread: string[] = [];
  const others: { readonly file: string; readonly why: string }[] = [];
  for await (const { file, named, read } of readInOrder([...files].toSorted((a, b) => compareText(a[0], b[0])))) {
    if (!read.ok) {
      problems.push(read.problem);
      unread.push(file);
      continue;
    }
    const result = readRoleFile(read.text, file);
    if (result.notARole !== null && named) problems.push(noRole(file, result.notARole));
    if (result.notARole !== null && !named) {
      if (!isNote(file)) others.push({ file, why: result.notARole });
      continue;
    }
    sources.set(file, read.text);
    problems.push(...result.problems);
    modes.push(...result.modes);
    if (result.modes.length === 0) unread.push(file);
  }
  return { modes, problems: sortProblems([...problems, ...passedOver(others)]), sources, unread };
}

type Read = { readonly file: string; readonly named: boolean; readonly read: TextFile };

/** A batch at a time: a file takes four trips to the disk, and a pack may hold a thousand of them. */
async function* readInOrder(files: readonly (readonly [string, Found])[]): AsyncGenerator<Read> {
  for (let at = 0; at < files.length; at += 32) {
    const batch = files.slice(at, at + 32).map(async ([file, { path, named }]): Promise<Read> => {
      return { file, named, read: await readTextFile(path, file) };
    });
    yield* await Promise.all(batch);
  }
}

/** By cited path; `named`: asked for by its own name, not found in a folder. */
type Found = { readonly path: string; readonly named: boolean };

async function findFiles(
  paths: readonly string[],
  base: string,
): Promise<{ readonly files: Map<string, Found>; readonly problems: Problem[] }> {
  const problems: Problem[] = [];
  const files = new Map<string, Found>();
  for (const given of paths) {
    const path = resolve(base, given);
    const shown = shownPath(base, path, given);
    const status = await stat(path).catch(() => null);
    if (!status?.isDirectory()) {
      files.set(shown, { path, named: true });
      continue;
    }
    const search: Search = { root: await realpath(path), found: [], problems, dropped: 0 };
    await searchFolder(search, path, shown, 0);
    for (const [file, at] of search.found) if (!files.has(file)) files.set(file, { path: at, named: false });
    if (search.dropped > 0) problems.push(tooMany(shown, search.dropped));
  }
  return { files, problems };
}

/** The path that problems and rules cite: relative to `base` with forward slashes, so that it is the same on every machine. */
export function shownPath(base: string, path: string, given: string): string {
  const inside = relative(base, path);
  const leaves = inside === "" || inside.startsWith("..") || isAbsolute(inside);
  return (leaves ? given : inside).split(sep).join("/");
}

/** A page for people that explains the folder is no broken mode, and what a package manager or a build keeps is none either. */
function isNote(file: string): boolean {
  return /(?:^|\/)(?:readme\.md|(?:package(?:-lock)?|tsconfig)\.json|pnpm-lock\.yaml)$/i.test(file);
}

/** M2, one for each folder and reason: a pack may hold hundreds of pages beside its roles. */
function passedOver(others: readonly { readonly file: string; readonly why: string }[]): Problem[] {
  const groups = Map.groupBy(others, ({ file, why }) => `${file.slice(0, file.lastIndexOf("/") + 1)} ${why}`);
  return [...groups.values()].map(([first, ...more]) => {
    const { file, why } = first as (typeof others)[number];
    const rest = more.length === 1 ? "nor does 1 more file" : `nor do ${more.length} more files`;
    const also = more.length === 0 ? "" : `, ${rest} beside it`;
    return {
      code: "not-a-role",
      severity: "info",
      message: `${file} describes no role (${why})${also}; passed over.`,
      file,
      line: 1,
      column: 1,
      ...(more.length === 0
        ? {}
        : { hint: `The others: ${more.map((each) => each.file.split("/").at(-1)).join(", ")}` }),
    };
  });
}

type Search = {
  readonly root: string;
  readonly found: [string, string][];
  readonly problems: Problem[];
  dropped: number;
};

async function searchFolder(search: Search, folder: string, shown: string, depth: number): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    search.problems.push(unreadable(shown, error.code ?? "unknown error"));
    return [];
  });
  for (const entry of entries.toSorted((a, b) => compareText(a.name, b.name))) {
    if (isHidden(entry.name)) continue;
    const path = join(folder, entry.name);
    const file = `${shown.replace(/\/$/, "")}/${entry.name}`.replace(/^\.\//, "");
    if (entry.isDirectory()) {
      const skipped = notModes.has(entry.name) && (depth === 0 || /(?:^|\/)modes$/.test(shown));
      if (skipped) continue;
      if (depth >= limits.depth) search.dropped += 1;
      else await searchFolder(search, path, file, depth + 1);
    } else if (/\.md$/i.test(entry.name) || isCollection(entry.name))
      await takeFile(search, path, file, entry.isSymbolicLink());
  }
}

function isHidden(name: string): boolean {
  return name === "node_modules" || (name.startsWith(".") && name !== ".roomodes" && !openHidden.has(name));
}

async function takeFile(search: Search, path: string, file: string, link: boolean): Promise<void> {
  if (search.found.length >= limits.files) {
    search.dropped += 1;
    return;
  }
  if (link && !(await isInside(search.root, path))) {
    search.problems.push({
      code: "file-outside",
      severity: "warning",
      message: `${file} is a link that leads out of the folder; it is not read.`,
      file,
      line: 1,
      column: 1,
      hint: "Copy the file here, or name it on the command line.",
    });
    return;
  }
  search.found.push([file, path]);
}

async function isInside(root: string, path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => null);
  return real?.startsWith(root + sep) ?? true;
}

function unreadable(file: string, code: string): Problem {
  return {
    code: "folder-unreadable",
    severity: "error",
    message: `The folder ${file} could not be read (${code}).`,
    file,
    line: 1,
    column: 1,
    hint: "Give yourself the right to read it.",
  };
}

function tooMany(file: string, dropped: number): Problem {
  return {
    code: "folder-too-large",
    severity: "error",
    message: `${file} holds more than ${limits.files} files or is deeper than ${limits.depth} folders; ${dropped} were left out.`,
    file,
    line: 1,
    column: 1,
    hint: "Name the folder that holds only the modes.",
  };
}
