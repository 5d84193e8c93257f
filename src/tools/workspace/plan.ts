/** What goes into a workspace: from git's HEAD, or from the folder as it is. Decides; `tree.ts` writes. */
import fs from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { CadreError } from "../../errors.ts";
import { parsePath, protectedBy } from "../paths.ts";
import { bulkyFolders, walkFolder, type Entry } from "../walk-folder.ts";
import type { Baseline, WorkspaceSource } from "./workspace.ts";
import { readGitState, type GitState, type TreeEntry } from "./git.ts";

export type PlanItem =
  | { readonly from: "blob"; readonly path: string; readonly entry: TreeEntry }
  | { readonly from: "project"; readonly path: string };

export type Plan = {
  readonly source: WorkspaceSource;
  readonly items: readonly PlanItem[];
  readonly skipped: Baseline["skipped"];
};

export type PlanLimits = { readonly files: number; readonly bytes: number };

/** A copy of a folder that nobody chose file by file stays small; what is committed was chosen. */
export const copyLimits: PlanLimits = { files: 20_000, bytes: 200 * 1024 * 1024 };
export const gitLimits: PlanLimits = { files: 100_000, bytes: 1024 * 1024 * 1024 };

type Skipped = { readonly path: string; readonly reason: string };

/** `exclude`: absolute paths that are left out, e.g. the data folder. Throws `workspace-refused`. */
export async function planWorkspace(
  project: string,
  options: { readonly includeDirty: boolean; readonly exclude: readonly string[] },
): Promise<Plan> {
  const folders = foldersInside(project, options.exclude);
  const isExcluded = excluder(folders);
  const state = await readGitState(project, folders);
  return state === null ? planCopy(project, isExcluded) : planGit(project, state, isExcluded, options.includeDirty);
}

/** Relative to the project, with forward slashes. */
function foldersInside(project: string, paths: readonly string[]): string[] {
  return paths
    .map((path) => relative(project, path))
    .filter((path) => path !== "" && !isAbsolute(path) && path !== ".." && !path.startsWith(`..${sep}`))
    .map((path) => path.split(sep).join("/"));
}

/** What runs wrote themselves is no part of the project that they work on. */
function excluder(folders: readonly string[]): (path: string) => boolean {
  return (path) =>
    folders.some((folder) => path === folder || path.startsWith(`${folder}/`)) ||
    /^journal\/r-[^/]*(?:\/|$)/.test(path) ||
    path.split("/").some((name) => name === ".cadre" || name === ".git");
}

function planGit(project: string, state: GitState, isExcluded: (path: string) => boolean, includeDirty: boolean): Plan {
  const uncommitted = state.uncommitted.filter((path) => !isExcluded(path.replace(/\/$/, "")));
  const items = new Map<string, PlanItem>();
  const skipped: Skipped[] = [];
  for (const entry of state.entries) {
    const reason = entry.kind === "submodule" ? "a submodule" : nameProblem(entry.path);
    if (reason !== null) skipped.push({ path: entry.path, reason });
    else if (!isExcluded(entry.path)) items.set(entry.path, { from: "blob", path: entry.path, entry });
  }
  if (includeDirty) for (const path of uncommitted) overlay(project, path, items, skipped);
  return { source: { kind: "git", head: state.head, uncommitted }, items: [...items.values()], skipped };
}

/** An uncommitted path as it lies in the folder now; where it is gone, it is gone from the workspace too. */
function overlay(project: string, path: string, items: Map<string, PlanItem>, skipped: Skipped[]): void {
  const stats = fs.lstatSync(`${project}/${path}`, { throwIfNoEntry: false });
  const reason = nameProblem(path.replace(/\/$/, ""));
  if (!stats) items.delete(path);
  else if (reason !== null) skipped.push({ path, reason });
  else if (stats.isFile() || stats.isSymbolicLink()) items.set(path, { from: "project", path });
  else {
    items.delete(path);
    skipped.push({ path, reason: stats.isDirectory() ? "a repository of its own" : "neither a file nor a folder" });
  }
}

/** Trees can be made by hand to hold names that git itself would refuse. */
function nameProblem(path: string): string | null {
  if (path.includes("\uFFFD")) return "a name that is not UTF-8";
  // The baseline is a JSON object by path.
  if (path === "__proto__") return "a name that JSON readers take for something else";
  const parsed = parsePath(path);
  if (!parsed.ok) return parsed.reason;
  if (parsed.path !== path) return "a name that is not plain";
  return protectedBy(path) === ".git" ? "a name like .git" : null;
}

function planCopy(project: string, isExcluded: (path: string) => boolean): Plan {
  const items: PlanItem[] = [];
  const skipped: Skipped[] = [];
  const skip = (entry: Entry): boolean => leftOut(entry) !== null || isExcluded(entry.path);
  for (const entry of walkFolder(project, "", { skip })) {
    if (isExcluded(entry.path)) continue;
    const reason = leftOut(entry) ?? (entry.kind === "other" ? "neither a file nor a folder" : nameProblem(entry.path));
    if (reason !== null) skipped.push({ path: entry.path, reason });
    else if (entry.kind !== "folder") items.push({ from: "project", path: entry.path });
    if (items.length > copyLimits.files)
      throw tooMuch(project, `it holds more than ${copyLimits.files.toLocaleString("en")} files`);
  }
  return { source: { kind: items.length === 0 ? "empty" : "copy" }, items, skipped };
}

/** Without git's ignore rules, what is bulky or secret by custom is left out by name. */
function leftOut(entry: Entry): string | null {
  const name = entry.path.slice(entry.path.lastIndexOf("/") + 1);
  if (bulkyFolders.has(name)) return "other people's files, which can be installed again";
  return /^\.env(?:\..+)?$/.test(name) && !/\.(?:example|sample|template)$/.test(name) ? "it may hold secrets" : null;
}

export function tooMuch(project: string, what: string): CadreError {
  return new CadreError("workspace-refused", `${project} is too large to be copied for a run: ${what}.`, {
    hint: "Put the project under git and commit what belongs to it: then only that is taken. Or start cadre in a smaller folder.",
    data: { project },
  });
}
