/** `cadre rehearse`: every brief walked down the chart to its end, and which routes that exercised, which it did not, and which nothing can. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Brief } from "../../briefs/brief.ts";
import { loadBrief } from "../../briefs/load-brief.ts";
import type { Cadre } from "../../cadre/api.ts";
import type { Rehearsed } from "../../run/api.ts";
import { CadreError } from "../../errors.ts";
import { withinReach } from "../../org/within-reach.ts";
import type { OrgChart, Route } from "../../org/chart.ts";
import { routeCoverage, renderCoverage } from "../../views/coverage.ts";
import { visible } from "../../views/escape.ts";
import { traceSteps } from "../../views/trace/trace.ts";
import { personOf, type Context } from "../context.ts";
import { option, words, type Input } from "../input.ts";
import { withCadre } from "../open.ts";
import { readChart } from "../read-chart.ts";

type Walk = { readonly brief: Brief; readonly entry: string; readonly rehearsed: Rehearsed };

/** Errors: usage (no briefs), brief-invalid, chart-invalid, role-unknown. */
export async function rehearse(context: Context, input: Input): Promise<number> {
  const { chart, workflow } = await readChart(context, []);
  const briefs = await briefsOf(context, words(input, 0));
  const walks = await withCadre(context, (cadre) => walkAll(cadre, briefs, option(input, "workflow")), {
    readOnly: true,
  });
  const entries = [...new Set([...(workflow ? [workflow.entry] : []), ...walks.map(({ entry }) => entry)])];
  const coverage = routeCoverage(
    chart,
    walks.map(({ rehearsed }) => traceSteps(rehearsed.events)),
  );
  const never = outOfReach(chart, entries);
  const { output } = context;
  if (output.json) {
    output.document({
      schema: "cadre.rehearse/1",
      rehearsal: true,
      briefs: walks.map(walkRecord),
      routes: coverage.routes.map(({ route, walked }) => ({
        ...edge(route),
        times: walked.times,
        briefs: walked.runs,
        reachable: !never.includes(route),
      })),
      refused: coverage.refused,
    });
    return 0;
  }
  for (const walk of walks) showWalk(context, walk);
  output.line(
    renderCoverage({ ...coverage, routes: coverage.routes.filter(({ route }) => !never.includes(route)) }, output.text),
  );
  if (never.length > 0) {
    output.line();
    output.line(
      output.paint(
        "bold",
        `${never.length} that no brief can exercise: nothing leads from ${entries.join(", ")} to their role`,
      ),
    );
    for (const { from, kind, to, file, line } of never)
      output.line(`  ${from} ${kind} ${to}  ${visible(file)}:${line}`);
  }
  output.note("a rehearsal: a deterministic policy stood in for models and people, and nothing was kept");
  return 0;
}

async function briefsOf(context: Context, named: readonly string[]): Promise<readonly Brief[]> {
  const folder = join(context.dir, "briefs");
  const found =
    named.length > 0
      ? named.map((path) => [path, path] as const)
      : listed(folder).map((name) => [join(folder, name), `briefs/${name}`] as const);
  if (found.length === 0)
    throw new CadreError("usage", `there is no brief in ${folder}`, {
      hint: "name some: npx cadre rehearse <brief.md>",
    });
  return Promise.all(found.map(([path, shown]) => loadBrief(path, shown)));
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.md$/i.test(name) && !/^readme\.md$/i.test(name))
      .toSorted();
  } catch {
    return [];
  }
}

/** One after the other: each is a run of its own, and their order says nothing. */
async function walkAll(cadre: Cadre, briefs: readonly Brief[], workflow: string | undefined): Promise<Walk[]> {
  const walks: Walk[] = [];
  for (const brief of briefs) {
    const rehearsed = await cadre.rehearse(brief, {
      by: personOf(undefined),
      ...(workflow === undefined ? {} : { workflow }),
    });
    const first = rehearsed.events[0]?.event;
    walks.push({ brief, rehearsed, entry: first?.type === "run_started" ? first.entry : "" });
  }
  return walks;
}

function outOfReach(chart: OrgChart, entries: readonly string[]): readonly Route[] {
  const reached = withinReach(chart, entries);
  return chart.routes.filter(({ from }) => !reached.has(from));
}

function edge({ kind, from, to, purpose, file, line }: Route): Record<string, unknown> {
  return { kind, from, to, purpose, file, line };
}

function walkRecord({ brief, entry, rehearsed: { status, asked, events } }: Walk): Record<string, unknown> {
  return {
    brief: brief.file ?? brief.title,
    title: brief.title,
    entry,
    status,
    steps: traceSteps(events).length,
    people: asked.map(({ kind, role, to, topic, rule }) => ({ kind, role, to, topic, rule })),
  };
}

function showWalk({ output }: Context, { brief, entry, rehearsed: { status, asked, events } }: Walk): void {
  const ended = status === "waiting" ? "asks in circles" : status;
  output.line(`${output.paint("bold", visible(brief.title))}  ${entry}, ${traceSteps(events).length} steps, ${ended}`);
  if (asked.length === 0) output.line("  asks nobody");
  for (const { role, kind, to, topic, rule } of asked)
    output.line(
      `  ${kind.replace("_", "-")} from ${role} to ${to}: ${visible(topic)}  ${visible(rule.file)}:${rule.line}`,
    );
  output.line();
}
