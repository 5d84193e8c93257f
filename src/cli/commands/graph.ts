/** `cadre graph`: the org chart as a tree, as Mermaid, as dot, as a picture or as data; with `--walked`, held against what runs did; with `--diff`, against another revision. */
import { USER, type OrgChart } from "../../org/chart.ts";
import type { Workflow } from "../../org/workflow.ts";
import { graphDocument, walkedDocument } from "../../views/chart-document.ts";
import { renderChart } from "../../views/chart-text.ts";
import { renderCoverage, routeCoverage } from "../../views/coverage.ts";
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

async function drawn(chart: OrgChart, workflow: Workflow | null, reports: boolean): Promise<string> {
  const [{ openPlacer }, { drawChart }] = await Promise.all([
    import("../../layout/place.ts"),
    import("../../layout/draw-chart.ts"),
  ]);
  const placer = openPlacer();
  try {
    return await drawChart(placer, chart, workflow, { reports });
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

/** Where single files are looked at, the roles that they lead to are elsewhere; the routes are what one wants to see. */
function withOpenRoutes({ chart, declared }: ReadChart): OrgChart {
  const known = new Set([USER, ...chart.roles.map((role) => role.slug)]);
  return { ...chart, routes: [...chart.routes, ...declared.filter((route) => !known.has(route.to))] };
}
