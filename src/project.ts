/** What a project's files hold: modes, rules and workflow, checked together. No store and no engine: for lint, graph, who, and the checks of `start`. */
import { readConfig } from "./config/config.ts";
import { mcpToolNames } from "./config/outside.ts";
import { CadreError, isCadreError } from "./errors.ts";
import { judge } from "./documents/judge.ts";
import type { Problem } from "./documents/problem.ts";
import type { Mode } from "./modes/mode.ts";
import { loadProjectModes } from "./modes/project-modes.ts";
import type { BoundChart, McpTool, RulesPack } from "./org/bound-chart.ts";
import { bindChart } from "./org/bind.ts";
import type { OrgChart, Route } from "./org/chart.ts";
import { checkWorkflow } from "./org/workflow-check.ts";
import { compile } from "./org/compile.ts";
import { workflowSchema, type Workflow } from "./org/workflow.ts";
import { loadWorkflow, usualWorkflow, workflowNames, type LoadedWorkflow } from "./run/load-workflow.ts";

export type Project = {
  readonly modes: readonly Mode[];
  readonly chart: OrgChart;
  /** Every route as declared, also to roles that do not exist. */
  readonly declared: readonly Route[];
  readonly rules: readonly RulesPack[];
  /** Null where `graphs/` holds none, or the one there is has errors. */
  readonly workflow: Workflow | null;
  readonly loaded: LoadedWorkflow | null;
  /** Mode files that an error kept from being read. */
  readonly unread: readonly string[];
  readonly problems: readonly Problem[];
};

/** Errors: folder-missing, folder-empty, workflow-invalid (the file cannot be loaded at all). Everything else is in `problems`. */
export async function loadProject(dir: string, workflowName?: string): Promise<Project> {
  const { modes, rules, problems, unread } = await loadProjectModes(dir);
  const loaded = await loadWorkflow(dir, workflowName);
  const compiled = compile(modes, { unread, ...(loaded ? expectations(loaded.data) : {}), ...mapped(dir, modes) });
  const checked = loaded
    ? checkWorkflow(loaded.data, loaded.file, compiled.chart, rules, loaded.places, servedTools(dir))
    : { workflow: null, problems: [] };
  return {
    modes,
    chart: compiled.chart,
    declared: compiled.declared,
    rules,
    workflow: checked.workflow,
    loaded,
    unread,
    problems: judge([...problems, ...compiled.problems, ...checked.problems], readConfig(dir).config.lint.rules),
  };
}

/** What is wrong with the workflows beside the usual one. A file that exports none is something that they import. */
export async function otherWorkflows(
  dir: string,
  { chart, rules }: Pick<Project, "chart" | "rules">,
): Promise<Problem[]> {
  const names = workflowNames(dir);
  const usual = usualWorkflow(names);
  const problems: Problem[] = [];
  for (const name of names.filter((each) => each !== usual)) {
    try {
      const loaded = await loadWorkflow(dir, name);
      if (loaded)
        problems.push(
          ...checkWorkflow(loaded.data, loaded.file, chart, rules, loaded.places, servedTools(dir)).problems,
        );
    } catch (error) {
      if (!isCadreError(error, "workflow-invalid")) throw error;
      if (error.data["exports"] === undefined) problems.push(loadProblem(error));
    }
  }
  return problems;
}

/** That a workflow cannot be loaded, as a problem among others. */
export function loadProblem({ message, place, hint }: CadreError): Problem {
  return {
    code: "workflow-invalid",
    severity: "error",
    message,
    file: place?.file ?? "graphs",
    line: place?.line ?? 1,
    column: place?.column ?? 1,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Null where cadre.yaml is broken: what it would name is then not known, and nothing else is to blame for that. */
function servedTools(dir: string): readonly string[] | null {
  const { config, problems } = readConfig(dir);
  return problems.length > 0 ? null : mcpToolNames(config.mcp);
}

/** The model names of modes that `cadre.yaml` sends somewhere. Where it maps no names at all, modes are not judged by it. */
function mapped(dir: string, modes: readonly Mode[]): { mappedModels?: string[] } {
  const { names, roles, ranks } = readConfig(dir).config.map;
  if (names === undefined || Object.keys(names).length === 0) return {};
  const otherwise = modes.filter((mode) => {
    const rank = mode.level?.rank;
    return roles?.[mode.slug] !== undefined || (rank && rank !== "unranked" && ranks?.[rank] !== undefined);
  });
  return { mappedModels: [...Object.keys(names), ...otherwise.flatMap((mode) => mode.model ?? [])] };
}

/** What the unchecked workflow says that the chart is judged by: who gets briefs, and who is a person. */
function expectations(workflow: unknown): { entries?: string[]; people?: string[] } {
  const read = workflowSchema.safeParse(workflow);
  if (!read.success) return {};
  const people = Object.entries(read.data.staffing).flatMap(([role, staffing]) =>
    staffing.by === "person" ? [role] : [],
  );
  return { entries: [read.data.entry], people };
}

/** The shortest workflow that works. Whoever only delegates is likely to get briefs. */
function starterLine({ roles, routes }: OrgChart): string {
  const work = routes.filter((route) => route.kind === "delegation");
  const top = work.find(({ from }) => !work.some(({ to }) => to === from))?.from ?? roles[0]?.slug ?? "my-role";
  const line = `export const workflow = { name: "team", entry: "${top}" };`;
  return `Write into graphs/team.ts, with the role that gets briefs: ${line}`;
}

/** The bound chart of a project without errors. Errors: chart-invalid, workflow-invalid, both with the problems in `data`. */
export function bindProject(
  project: Project,
  toolHashes: Readonly<Record<string, string>>,
  mcp: readonly McpTool[] = [],
): BoundChart {
  const errors = project.problems.filter((problem) => problem.severity === "error");
  if (errors.length > 0) {
    const first = errors[0] as Problem;
    throw new CadreError(
      "chart-invalid",
      `the chart has ${errors.length === 1 ? "an error" : `${errors.length} errors`}; the first: ${first.message} (${first.file}:${first.line})`,
      {
        place: { file: first.file, line: first.line, column: first.column },
        hint: first.hint ?? "`cadre lint` shows all of them.",
        data: { problems: errors },
      },
    );
  }
  if (!project.workflow || !project.loaded) {
    throw new CadreError("workflow-invalid", "this project has no workflow in graphs/", {
      hint: starterLine(project.chart),
    });
  }
  return bindChart({
    chart: project.chart,
    rules: project.rules,
    workflow: project.workflow,
    places: project.loaded.places,
    toolHashes,
    mcp,
  });
}

/** Roles that a model plays and whose tool groups, their own or granted, hold `mcp`. */
export function rolesWithMcp({ chart, workflow }: Pick<Project, "chart" | "workflow">): readonly string[] {
  return chart.roles
    .filter((role) => [...role.toolGroups, ...(workflow?.grants[role.slug] ?? [])].includes("mcp"))
    .map((role) => role.slug)
    .filter((slug) => workflow?.staffing[slug]?.by !== "person");
}
