/** `cadre graph`: the org chart as a tree, as Mermaid, as dot, as a picture or as data; with `--walked`, held against what runs did; with `--diff`, against another revision. */
import { USER, type OrgChart } from "../../org/chart.ts";
import type { Workflow } from "../../org/workflow.ts";
import { renderChart } from "../../views/chart-text.ts";
import { counted } from "../../views/counted.ts";
import { renderCoverage, routeCoverage, type RouteCoverage } from "../../views/coverage.ts";
import { chartDot } from "../../views/dot.ts";
import { chartMermaid } from "../../views/mermaid.ts";
import { ownSteps } from "../../views/shared-past.ts";
import { traceSteps, type TraceStep } from "../../views/trace/trace.ts";
import { shellWord, type Context } from "../context.ts";
import { choice, count, flag, option, words, type Input } from "../input.ts";
import { withReader } from "../open.ts";
import { readChart, type ReadChart } from "../read-chart.ts";

const formats = ["tree", "mermaid", "dot", "svg", "json"] as const;
/** So few roles are looked at one by one: their routes are shown without being asked for. */
const few = 3;

/** Errors: folder-missing, folder-empty, usage. Lint errors do not stop it: what is there is drawn. */
export async function graph(context: Context, input: Input): Promise<number> {
  const since = option(input, "diff");
  return since === undefined
    ? asAsked(context, input)
    : (await import("./graph-diff.ts")).graphDiff(context, input, since);
}

async function asAsked(context: Context, input: Input): Promise<number> {
  const { output } = context;
  const paths = words(input, 0);
  const format = choice(input, "format", formats, "tree");
  const read = await readChart(context, paths);
  const { workflow, problems } = read;
  const chart = paths.length === 0 ? read.chart : withOpenRoutes(read);
  if (flag(input, "walked")) return walked(context, chart, count(input, "limit", "--limit"));
  if (output.json || format === "json") {
    output.document(graphDocument(chart, workflow));
    return 0;
  }
  const verbose = output.verbose || chart.roles.length <= few;
  const grants = workflow?.grants ?? {};
  const draw = {
    tree: () => renderChart(chart, { ...output.text, verbose, grants }),
    mermaid: () => chartMermaid(chart, { verbose: output.verbose }),
    dot: () => chartDot(chart, { verbose: output.verbose }),
    svg: () => drawn(chart, workflow, output.verbose),
  };
  output.line((await draw[format]()).replace(/\n$/, ""));
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const lint = context.command(["lint", ...paths.map(shellWord)].join(" "));
  if (errors > 0) output.note(`${errors} lint ${errors === 1 ? "error" : "errors"}: \`${lint}\` shows them`);
  if (format === "tree" && !verbose) output.note(`every route with its purpose: ${context.command("graph --verbose")}`);
  return 0;
}

/** The picture of the control room; with `reports`, the routes that bring copies as well. */
async function drawn(chart: OrgChart, workflow: Workflow | null, reports: boolean): Promise<string> {
  const [{ openPlacer }, { planOf }, { chartSvg, mapSvg }, { mapOf }, { largestPicture, pictureOfChart }] =
    await Promise.all([
      import("../../layout/place.ts"),
      import("../../layout/elk-graph.ts"),
      import("../../views/chart-svg.ts"),
      import("../../views/org-map.ts"),
      import("../../views/picture.ts"),
    ]);
  const roles = chart.roles.map((role) => ({
    ...role,
    staffedBy: workflow?.staffing[role.slug]?.by ?? ("model" as const),
  }));
  const picture = pictureOfChart({ ...chart, roles }, { reports });
  const title = `${counted(chart.roles.length, "role")}, ${counted(chart.routes.length, "route")}, chart ${chart.hash.slice(0, 12)}`;
  if (picture.nodes.length > largestPicture + 1) return mapSvg(mapOf(chart), title);
  const placer = openPlacer();
  try {
    const placed = await placer.place(planOf(picture));
    return placed === null ? mapSvg(mapOf(chart), title) : chartSvg(picture, placed, title);
  } finally {
    await placer.close();
  }
}

/** The chart as the files declare it now, beside what the stored runs did. */
function walked(context: Context, chart: OrgChart, limit: number | undefined): Promise<number> {
  const { output } = context;
  return withReader(context, async (store) => {
    const runs = await store.listRuns(limit === undefined ? {} : { limit });
    const steps: TraceStep[][] = [];
    // What two runs share happened once.
    for (const { id } of runs) steps.push([...ownSteps(traceSteps(await store.runEvents(id)))]);
    const coverage = routeCoverage(chart, steps);
    if (output.json) output.document(walkedDocument(chart, coverage));
    else output.line(renderCoverage(coverage, output.text));
    return 0;
  });
}

/** cadre.walked/1. */
function walkedDocument(chart: OrgChart, { runs, routes, gone, refused }: RouteCoverage): Record<string, unknown> {
  const declared = routes.map(
    ({ route: { kind, from, to, purpose, file, line }, walked: { times, runs: inRuns } }) => ({
      kind,
      from,
      to,
      purpose,
      file,
      line,
      times,
      runs: inRuns,
    }),
  );
  return { schema: "cadre.walked/1", hash: chart.hash, runs, routes: declared, gone, refused };
}

/** Where single files are looked at, the roles that they lead to are elsewhere; the routes are what one wants to see. */
function withOpenRoutes({ chart, declared }: ReadChart): OrgChart {
  const known = new Set([USER, ...chart.roles.map((role) => role.slug)]);
  return { ...chart, routes: [...chart.routes, ...declared.filter((route) => !known.has(route.to))] };
}

/** cadre.graph/1. `toolGroups` are the mode's and what the workflow grants; `granted` are the latter alone. */
function graphDocument(chart: OrgChart, workflow: Workflow | null): Record<string, unknown> {
  const rolesOf = chart.roles.map(({ slug, name, rank, department, toolGroups, file }) => {
    const granted = workflow?.grants[slug] ?? [];
    const all = [...new Set([...toolGroups, ...granted])];
    const staffedBy = workflow?.staffing[slug]?.by ?? "model";
    return { slug, name, rank, department, toolGroups: all, granted, staffedBy, file };
  });
  const routes = chart.routes.map(({ kind, from, to, purpose, file, line }) => ({
    kind,
    from,
    to,
    purpose,
    file,
    line,
  }));
  return { schema: "cadre.graph/1", hash: chart.hash, entry: workflow?.entry ?? null, roles: rolesOf, routes };
}
