/**
 * Everything that a project's files say of a role under its slug, and what they would say under another one. Reads; writes nothing.
 *
 * P1. All of the project's own files are looked at: modes, rules packs, knowledge, workflows, briefs and cadre.yaml.
 * P2. The chart under the new name has no problem that it did not have under the old one, or nothing is proposed.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CadreError } from "../../errors.ts";
import type { Problem } from "../../documents/problem.ts";
import { loadProjectModes } from "../../modes/project-modes.ts";
import type { Mode } from "../../modes/mode.ts";
import { readRoleFile } from "../../modes/read-mode.ts";
import { slugFault } from "../../modes/slug.ts";
import { compile } from "../../org/compile.ts";
import {
  briefScalar,
  configScalar,
  modeScalar,
  renameInMarkdown,
  renameInYaml,
  type Names,
  type RenamedText,
  type Spot,
} from "./text.ts";
import { renameInWorkflow } from "./workflow.ts";

/** `path` and `to` relative to the project; the same where the file keeps its name. */
export type RenamedFile = {
  readonly path: string;
  readonly to: string;
  readonly before: string;
  readonly after: string;
};
export type RenamePlan = {
  readonly names: Names;
  readonly files: readonly RenamedFile[];
  /** A folder that gets another name, with all that is in it. */
  readonly folder: { readonly from: string; readonly to: string } | null;
  readonly edits: number;
  readonly byHand: readonly (Spot & { readonly file: string })[];
};

/** Errors: role-unknown, usage (a name that cannot be, or is taken), chart-invalid (P2), folder-missing, folder-empty. */
export async function planRename(dir: string, names: Names): Promise<RenamePlan> {
  const { modes } = await loadProjectModes(dir);
  const mode = requireRole(modes, names);
  requireFree(dir, modes, names);
  const contexts = [`modes/context/${names.from}`, `modes/context/${names.to}`] as const;
  const folder = existsSync(join(dir, contexts[0])) ? { from: contexts[0], to: contexts[1] } : null;
  const read = filesOf(dir).map(({ path, rename }) => {
    const before = readFileSync(join(dir, path), "utf8");
    return { path, before, ...rename(before, names) };
  });
  const files = read.flatMap(({ path, before, text: after }): RenamedFile[] => {
    const to = path === `modes/${names.from}.md` && path === mode.file ? `modes/${names.to}.md` : path;
    return before === after && to === path ? [] : [{ path, to, before, after }];
  });
  requireNoNewProblem(modes, files);
  return {
    names,
    files,
    folder,
    edits: read.reduce((sum, { edits }) => sum + edits, 0),
    byHand: read.flatMap(({ path, byHand }) => byHand.map((spot) => ({ file: path, ...spot }))),
  };
}

function requireRole(modes: readonly Mode[], { from }: Names): Mode {
  const mode = modes.find(({ slug }) => slug === from);
  if (!mode)
    throw new CadreError("role-unknown", `there is no role "${from}" in modes/`, {
      hint: `The roles are: ${modes.map(({ slug }) => slug).join(", ")}.`,
    });
  if (mode.dialect === "cadre") return mode;
  throw new CadreError(
    "usage",
    `${from} is described in the words of another tool (${mode.dialect}), which names it otherwise`,
    {
      place: { file: mode.file, line: 1 },
      hint: "`cadre import` makes a mode of it; or rename it there.",
    },
  );
}

function requireFree(dir: string, modes: readonly Mode[], { from, to }: Names): void {
  const fault = slugFault(to);
  const taken = modes.find(({ slug }) => slug === to);
  const why =
    fault ??
    (to === from ? `it is called ${from} already` : null) ??
    (taken ? `${taken.file} is called so already` : null) ??
    [`modes/${to}.md`, `modes/context/${to}`].filter((path) => existsSync(join(dir, path))).map((path) => `${path} is there already`)[0]; // prettier-ignore
  if (why !== undefined)
    throw new CadreError("usage", `${from} cannot be called "${to}": ${why}`, {
      hint: "Nothing was changed. Choose another name.",
    });
}

type Looked = { readonly path: string; readonly rename: (text: string, names: Names) => RenamedText };

/** P1. */
function filesOf(dir: string): Looked[] {
  const markdown = (isRole: Parameters<typeof renameInMarkdown>[2]) => (text: string, names: Names) =>
    renameInMarkdown(text, names, isRole);
  const config = existsSync(join(dir, "cadre.yaml")) ? ["cadre.yaml"] : [];
  return [
    ...under(dir, "modes", /\.md$/).map((path) => ({ path, rename: markdown(modeScalar) })),
    ...under(dir, "briefs", /\.md$/).map((path) => ({ path, rename: markdown(briefScalar) })),
    ...under(dir, "graphs", /\.(?:ts|mts|js|mjs)$/).map((path) => ({ path, rename: renameInWorkflow })),
    ...config.map((path) => ({
      path,
      rename: (text: string, names: Names) => renameInYaml(text, names, configScalar),
    })),
  ];
}

function under(dir: string, folder: string, named: RegExp): string[] {
  if (!existsSync(join(dir, folder))) return [];
  return readdirSync(join(dir, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => named.test(path) && statSync(join(dir, path)).isFile())
    .toSorted();
}

/** P2. */
function requireNoNewProblem(modes: readonly Mode[], files: readonly RenamedFile[]): void {
  const changed = new Map(files.map((file) => [file.path, file]));
  const renamed = modes.flatMap((mode) => {
    const file = changed.get(mode.file);
    return file ? readRoleFile(file.after, file.to).modes : [mode];
  });
  const had = countsOf(compile(modes).problems);
  const { problems } = compile(renamed);
  const has = countsOf(problems);
  const more = problems.find(({ code }) => (has.get(code) ?? 0) > (had.get(code) ?? 0));
  if (!more) return;
  throw new CadreError("chart-invalid", `the chart would have a problem that it does not have now: ${more.message}`, {
    place: { file: more.file, line: more.line, column: more.column },
    hint: "Nothing was changed. Mend what is said there first, or rename by hand.",
  });
}

function countsOf(problems: readonly Problem[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { code } of problems) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}
