/**
 * Workspaces as plain folders under the data folder: `workspaces/<run>/{tree,baseline.json}` (journal/decisions/0001).
 *
 * S1. A workspace appears whole, by one rename, with its baseline beside it; a killed attempt leaves only a folder that the next sweeps.
 *     What `create` has returned from survives a power loss, as the run does that will name it (D1).
 * S2. The project is only read until `apply`; there is no `.git` in a workspace.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { hashOf } from "../../canonical.ts";
import { CadreError } from "../../errors.ts";
import type { FileChange } from "../../events/event.ts";
import { makeFolder } from "../../store/make-folder.ts";
import { keptBytes, openContentStore, type ContentStore } from "./content-store.ts";
import { decodeText, readWhole } from "../read-bytes.ts";
import { codeOf, isPathError, refuse } from "../safe-files.ts";
import { walkFolder } from "../walk-folder.ts";
import type { Baseline, Trace, WorkspacePasts, Workspaces } from "./workspace.ts";
import { applyChanges } from "./apply.ts";
import { lies } from "./make-way.ts";
import { planWorkspace } from "./plan.ts";
import { missingFrom, writeHeld, type ForkSource } from "./fork.ts";
import { heldAt } from "./past.ts";
import { keepFile, recordTree, type Looked } from "./record.ts";
import { entryAt, hashTree, linkContent, writeTree } from "./tree.ts";
import { isLeftover } from "../write-whole.ts";
import { parsePath } from "../paths.ts";
import { once } from "../../events/once.ts";

export type WorkspaceOptions = {
  /** Absolute. */
  readonly project: string;
  /** Absolute; workspaces lie in `workspaces/` under it. */
  readonly data: string;
  /** Absolute paths that are never copied, beside the data folder. */
  readonly exclude?: readonly string[];
};

const baselineSchema = once((): z.ZodType<Baseline> =>
  z.strictObject({
    source: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("git"), head: z.string(), uncommitted: z.array(z.string()) }),
      z.strictObject({ kind: z.literal("copy") }),
      z.strictObject({ kind: z.literal("empty") }),
    ]),
    files: z.record(z.string(), z.string()),
    kinds: z.record(z.string(), z.enum(["executable", "symlink"])).optional(),
    skipped: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
  }),
);

export function openWorkspaces(options: WorkspaceOptions): Workspaces & WorkspacePasts {
  const project = resolve(options.project);
  const base = resolve(options.data, "workspaces");
  const contents = openContentStore(`${base}/.contents`);
  const exclude = [resolve(options.data), ...(options.exclude ?? [])];
  const home = (run: string): string => `${base}/${checkedRun(run)}`;
  const tree = (run: string): string => `${home(run)}/tree`;
  const create: Workspaces["create"] = async (run, { includeDirty, check = () => undefined }) => {
    if (fs.existsSync(home(run))) check(contentsOf(tree(run)));
    else {
      await makeWorkspace({ project, base, run, contents }, { includeDirty, exclude, check }).catch(
        (error: unknown) => {
          throw storageError(error, base);
        },
      );
    }
    return { path: tree(run), baseline: readBaseline(home(run), run) };
  };
  const looked = new Map<string, Looked>();
  const lookedAt = (run: string): Looked => {
    const known = looked.get(run) ?? new Map();
    looked.set(run, known);
    return known;
  };
  const pastOf = (run: string, traces: readonly Trace[]): ForkSource | string => {
    const held = heldAt(readBaseline(home(run), run), traces, contents);
    return typeof held === "string" ? held : { held, contents, from: tree(run) };
  };
  return {
    create,
    path: tree,
    record: (run, left) =>
      recorded(tree(run), left, { contents, looked: lookedAt(run) }).catch((error: unknown) => {
        throw storageError(error, base);
      }),
    pastProblem: async (run, traces) => {
      const source = pastOf(run, traces);
      if (typeof source === "string") return { unknown: source, missing: [] };
      return { unknown: null, missing: missingFrom(source) };
    },
    fork: async (run, from, traces) => {
      const source = pastOf(from, traces);
      if (typeof source === "string") throw new CadreError("workspace-refused", source, { data: { run: from } });
      const baseline = fs.readFileSync(`${home(from)}/baseline.json`);
      const made = await appear({ base, run }, async (fresh) => {
        await writeHeld(source, `${fresh}/tree`);
        fs.writeFileSync(`${fresh}/baseline.json`, baseline, { mode: 0o600 });
      }).catch((error: unknown) => {
        throw storageError(error, base);
      });
      if (!made) throw new CadreError("run-exists", `there is already a workspace of ${run}`, { data: { run } });
      return { path: tree(run) };
    },
    changes: async (run) => {
      const files = compare(readBaseline(home(run), run).files, await hashTree(tree(run)));
      return { files, hash: hashOf(files) };
    },
    versions: async (run, path) => {
      const parsed = parsePath(path);
      if (!parsed.ok) throw refuse(path, parsed.reason);
      const before = new Map(Object.entries(readBaseline(home(run), run).files)).get(parsed.path);
      return Promise.resolve({
        before: before === undefined ? null : shown(contents.get(before), before),
        after: textAt(tree(run), parsed.path),
      });
    },
    apply: async (run, changes) => {
      readBaseline(home(run), run);
      applyChanges(project, tree(run), changes);
      return Promise.resolve();
    },
  };
}

function checkedRun(run: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(run)) throw new TypeError(`${JSON.stringify(run)} is no run id`);
  return run;
}

async function makeWorkspace(
  place: { readonly project: string; readonly base: string; readonly run: string; readonly contents: ContentStore },
  options: {
    readonly includeDirty: boolean;
    readonly exclude: readonly string[];
    readonly check: (workspace: Held) => void;
  },
): Promise<void> {
  const { project, base, run, contents } = place;
  // Where another process was first, its workspace is as good.
  await appear({ base, run }, async (fresh) => {
    const plan = await planWorkspace(project, options);
    const written = await writeTree(project, `${fresh}/tree`, plan, contents);
    options.check(contentsOf(`${fresh}/tree`));
    const baseline: Baseline = { source: plan.source, ...written };
    fs.writeFileSync(`${fresh}/baseline.json`, JSON.stringify(baseline), { mode: 0o600 });
  });
}

/** S1: made beside its place by `fill`, then named. False: there was one already. */
async function appear(
  { base, run }: { readonly base: string; readonly run: string },
  fill: (fresh: string) => Promise<void>,
): Promise<boolean> {
  makeFolder(base, 0o700);
  for (const name of fs.readdirSync(base)) {
    if (name.startsWith(".new-") && isLeftover(name)) fs.rmSync(`${base}/${name}`, { recursive: true, force: true });
  }
  const fresh = `${base}/.new-${run}-${process.pid}-${randomBytes(6).toString("hex")}`;
  makeFolder(`${fresh}/tree`, 0o700);
  try {
    await fill(fresh);
    toDisk(fresh);
    fs.renameSync(fresh, `${base}/${run}`);
    syncFolder(base);
    syncFolder(dirname(base)); // `base` itself may be new
    return true;
  } catch (error) {
    fs.rmSync(fresh, { recursive: true, force: true });
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
    return false;
  }
}

/** What cannot be read (names that are not UTF-8, a file that a person takes away meanwhile) is not recorded; the effect happened all the same. */
async function recorded(
  tree: string,
  left: Parameters<Workspaces["record"]>[1],
  kept: Parameters<typeof recordTree>[2],
): Promise<string | null> {
  try {
    if ("within" in left) return await recordTree(tree, left.within, kept);
    for (const { path, after } of left.files) if (after !== null) keepFile(tree, path, kept.contents);
  } catch (error) {
    if (!isPathError(error)) throw error;
  }
  return null;
}

/** One call for the whole file system is much cheaper than one for each file; where it is missing, one for each. */
function toDisk(folder: string): void {
  if (
    process.platform === "linux" &&
    spawnSync("sync", ["-f", folder], { env: { PATH: process.env["PATH"] } }).status === 0
  )
    return;
  for (const entry of walkFolder(folder, "")) {
    if (entry.kind === "file" || entry.kind === "folder") syncFolder(`${folder}/${entry.path}`);
  }
  syncFolder(folder);
}

function syncFolder(path: string): void {
  const fd = fs.openSync(path, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function storageError(error: unknown, base: string): unknown {
  switch (codeOf(error) ?? "") {
    case "ENOSPC":
    case "EDQUOT":
      return new CadreError("disk-full", `There is no room left for a workspace under ${base}.`, {
        hint: "Make room, or name another data folder with --data.",
        cause: error,
      });
    case "EIO":
      return new CadreError("disk-failed", `The disk refused a workspace under ${base}: ${(error as Error).message}.`, {
        hint: "Check the disk (`dmesg`), then start again.",
        cause: error,
      });
    case "EROFS":
    case "EACCES":
      return new CadreError(
        "data-read-only",
        `A workspace cannot be written under ${base}: ${(error as Error).message}.`,
        {
          hint: "Name a data folder that can be written with --data.",
          cause: error,
        },
      );
    default:
      return error;
  }
}

function readBaseline(home: string, run: string): Baseline {
  let text;
  try {
    text = fs.readFileSync(`${home}/baseline.json`, "utf8");
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    throw new CadreError("workspace-refused", `Run ${run} has no workspace at ${home}.`, {
      hint: "It was removed, or the run lies in another data folder (--data).",
      data: { run },
    });
  }
  return baselineSchema().parse(JSON.parse(text));
}

function compare(before: Readonly<Record<string, string>>, after: ReadonlyMap<string, string>): FileChange[] {
  const was = new Map(Object.entries(before));
  return [...new Set([...was.keys(), ...after.keys()])]
    .toSorted()
    .map((path) => ({ path, before: was.get(path) ?? null, after: after.get(path) ?? null }))
    .filter((file) => file.before !== file.after);
}

type Held = { readonly holds: (path: string) => boolean };

function contentsOf(tree: string): Held {
  return {
    holds: (path) => {
      const parsed = parsePath(path);
      return parsed.ok && entryAt(tree, parsed.path) !== null;
    },
  };
}

/** Null also where a folder took the file's place, or a file that of a folder on the way. */
function textAt(tree: string, path: string): string | null {
  if (lies(tree, path)?.isDirectory() !== false) return null;
  const entry = entryAt(tree, path);
  if (entry === null) return null;
  if (entry.kind === "symlink") return linkContent(fs.readlinkSync(`${tree}/${path}`));
  try {
    return shown(readWhole(tree, path, keptBytes, { hardLinks: "allow" }), entry.hash);
  } catch (error) {
    if (error instanceof CadreError && error.code === "file-unreadable") return shown(undefined, entry.hash);
    throw error;
  }
}

/** Text for a diff; what cannot be shown is named by its hash, so that a difference still shows. */
function shown(bytes: Uint8Array | undefined, hash: string): string {
  if (bytes === undefined) return `[not shown: larger than ${keptBytes / 1024 / 1024} MB; sha256 ${hash}]\n`;
  return decodeText(bytes) ?? `[not text: ${bytes.length} bytes; sha256 ${hash}]\n`;
}
