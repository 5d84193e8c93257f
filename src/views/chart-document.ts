/** The chart and what is wrong with it as documents for programs: the same from the command line and over HTTP. Pure. */
import type { Problem } from "../documents/problem.ts";
import type { Mode } from "../modes/mode.ts";
import type { OrgChart, Route } from "../org/chart.ts";
import type { Workflow } from "../org/workflow.ts";
import type { RouteCoverage } from "./coverage.ts";

/** cadre.graph/1. `toolGroups` are the mode's and what the workflow grants; `granted` are the latter alone. */
export function graphDocument(chart: OrgChart, workflow: Workflow | null): Record<string, unknown> {
  const roles = chart.roles.map(({ slug, name, rank, department, toolGroups, file }) => {
    const granted = workflow?.grants[slug] ?? [];
    const all = [...new Set([...toolGroups, ...granted])];
    const staffedBy = workflow?.staffing[slug]?.by ?? "model";
    return { slug, name, rank, department, toolGroups: all, granted, staffedBy, file };
  });
  const routes = chart.routes.map(plainRoute);
  return { schema: "cadre.graph/1", hash: chart.hash, entry: workflow?.entry ?? null, roles, routes };
}

/** cadre.walked/1. */
export function walkedDocument(
  chart: OrgChart,
  { runs, routes, gone, refused }: RouteCoverage,
): Record<string, unknown> {
  const declared = routes.map(({ route, walked }) => ({
    ...plainRoute(route),
    times: walked.times,
    runs: walked.runs,
  }));
  return { schema: "cadre.walked/1", hash: chart.hash, runs, routes: declared, gone, refused };
}

/** cadre.lint/1. `declared`: routes as they are declared, also to roles that do not exist. */
export function lintDocument({
  modes,
  declared,
  problems,
}: {
  readonly modes: readonly Mode[];
  readonly declared: readonly Route[];
  readonly problems: readonly Problem[];
}): Record<string, unknown> {
  return {
    schema: "cadre.lint/1",
    modes: modes.map(({ slug, name, level, file }) => ({ slug, name, level: level?.text ?? null, file })),
    routes: declared.map((route) => ({ ...plainRoute(route), column: route.column })),
    problems: problems.map((problem) => ({ ...problem, hint: problem.hint ?? null })),
  };
}

/** Without its column. */
export function plainRoute({ kind, from, to, purpose, file, line }: Route): Omit<Route, "column"> {
  return { kind, from, to, purpose, file, line };
}
