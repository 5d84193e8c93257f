/** What `lint` and `graph` look at: the whole project, or the files and folders that were named. No engine, no store. */
import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readBrief } from "../briefs/read-brief.ts";
import { readConfig } from "../config/config.ts";
import { readTextFile } from "../documents/file.ts";
import { judge } from "../documents/judge.ts";
import { compareText, sortProblems } from "../documents/problem-order.ts";
import type { Problem } from "../documents/problem.ts";
import { CadreError, isCadreError } from "../errors.ts";
import { loadModes } from "../modes/load.ts";
import type { Mode } from "../modes/mode.ts";
import type { OrgChart, Route } from "../org/chart.ts";
import { compile } from "../org/compile.ts";
import { lintBrief } from "../org/lint/briefs.ts";
import type { Workflow } from "../org/workflow.ts";
import { loadProblem, loadProject, otherWorkflows } from "../project.ts";
import type { Context } from "./context.ts";

export type ReadChart = {
  readonly modes: readonly Mode[];
  readonly chart: OrgChart;
  /** Every route as declared, also to roles that do not exist. */
  readonly declared: readonly Route[];
  readonly problems: readonly Problem[];
  /** Null where single files are looked at, or there is none. */
  readonly workflow: Workflow | null;
  /** The mode files and rules packs that were read, relative to `base`. */
  readonly files: readonly string[];
  /** What cited paths are relative to. */
  readonly base: string;
  /** Mode files that an error kept from being read. */
  readonly unread: readonly string[];
};

/** Errors: folder-missing, folder-empty, file-unreadable. */
export async function readChart(
  context: Context,
  paths: readonly string[],
  workflows: Workflows = "usual",
): Promise<ReadChart> {
  return paths.length === 0 ? readWhole(context.dir, workflows) : readNamed(paths);
}

/** Which ones are run to be checked: the one that is meant where none is named, or every one in `graphs/`. */
type Workflows = "usual" | "every";

async function readNamed(paths: readonly string[]): Promise<ReadChart> {
  for (const path of paths) {
    if (statSync(resolve(path), { throwIfNoEntry: false })) continue;
    throw new CadreError("folder-missing", `there is no file or folder ${path}`, {
      hint: "check the path; it is taken from here",
    });
  }
  const base = process.cwd();
  const { modes, problems, sources, unread } = await loadModes(paths, base);
  if (sources.size === 0 && problems.length === 0) {
    throw new CadreError(
      "folder-empty",
      `${paths.join(", ")} ${paths.length === 1 ? "holds" : "hold"} no mode: not one *.md file`,
      {
        hint: "`npx cadre init <folder>` writes a starter project",
      },
    );
  }
  const compiled = compile(modes, { unread });
  return {
    modes,
    chart: compiled.chart,
    declared: compiled.declared,
    problems: sortProblems([...problems, ...compiled.problems]),
    workflow: null,
    files: [...sources.keys()],
    base,
    unread,
  };
}

async function readWhole(dir: string, workflows: Workflows): Promise<ReadChart> {
  const project = await loadProjectOrProblem(dir);
  const config = readConfig(dir);
  const briefs = await readBriefs(dir, project);
  const others = workflows === "every" ? await otherWorkflows(dir, project) : [];
  return {
    modes: project.modes,
    chart: project.chart,
    declared: project.declared,
    problems: sortProblems([
      ...project.problems,
      ...others,
      ...config.problems,
      ...judge(briefs, config.config.lint.rules),
    ]),
    workflow: project.workflow,
    files: [...project.modes.map((mode) => mode.file), ...project.rules.map((pack) => pack.file)],
    base: dir,
    unread: project.unread,
  };
}

/** What is wrong with the briefs, and which of them the chart has no way for. */
async function readBriefs(dir: string, { chart, workflow }: WholeProject): Promise<Problem[]> {
  const names = await readdir(join(dir, "briefs")).catch(() => []);
  const files = names.filter((name) => /\.md$/i.test(name) && !/^readme\.md$/i.test(name)).toSorted(compareText);
  const found = files.map(async (name): Promise<readonly Problem[]> => {
    const file = `briefs/${name}`;
    const read = await readTextFile(join(dir, file), file);
    if (!read.ok) return [read.problem];
    const { brief, problems } = readBrief(read.text, file);
    const entry = brief?.to ?? workflow?.entry;
    return brief && entry !== undefined ? [...problems, ...lintBrief(chart, brief, entry)] : problems;
  });
  return (await Promise.all(found)).flat();
}

type WholeProject = Omit<Awaited<ReturnType<typeof loadProject>>, "loaded">;

/** A workflow that cannot even be loaded is one problem among the others here, not the end. */
async function loadProjectOrProblem(dir: string): Promise<WholeProject> {
  try {
    return await loadProject(dir);
  } catch (error) {
    if (!isCadreError(error, "workflow-invalid")) throw error;
    const { loadProjectModes } = await import("../modes/project-modes.ts");
    const { modes, rules, problems, unread } = await loadProjectModes(dir);
    const compiled = compile(modes, { unread });
    return {
      modes,
      rules,
      chart: compiled.chart,
      declared: compiled.declared,
      workflow: null,
      unread,
      problems: [...problems, ...compiled.problems, loadProblem(error)],
    };
  }
}
