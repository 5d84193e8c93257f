/** `cadre rehearse`: every brief walked down the chart to its end, and which routes that exercised, which it did not, and which nothing can. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Brief } from "../../briefs/brief.ts";
import { loadBrief } from "../../briefs/load-brief.ts";
import type { Cadre } from "../../cadre/api.ts";
import { CadreError } from "../../errors.ts";
import { rehearsedBrief } from "../../server/rehearsed-brief.ts";
import { renderCoverage } from "../../views/coverage.ts";
import { visible } from "../../views/escape.ts";
import { rehearsalView, rehearsedChart, type RehearsedWalk } from "../../views/rehearsed.ts";
import { personOf, type Context } from "../context.ts";
import { option, words, type Input } from "../input.ts";
import { withCadre } from "../open.ts";
import { readChart } from "../read-chart.ts";

/** Errors: usage (no briefs), brief-invalid, chart-invalid, role-unknown. */
export async function rehearse(context: Context, input: Input): Promise<number> {
  const { chart, workflow } = await readChart(context, []);
  const briefs = await briefsOf(context, words(input, 0));
  const walks = await withCadre(context, (cadre) => walkAll(cadre, briefs, option(input, "workflow")), {
    readOnly: true,
  });
  const rehearsed = rehearsedChart(chart, workflow?.entry ?? null, walks);
  const { coverage, entries, never } = rehearsed;
  const { output } = context;
  if (output.json) {
    output.document(rehearsalView(rehearsed, walks));
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
async function walkAll(cadre: Cadre, briefs: readonly Brief[], workflow: string | undefined): Promise<RehearsedWalk[]> {
  const walks: RehearsedWalk[] = [];
  for (const brief of briefs)
    walks.push(await rehearsedBrief(cadre, brief, { by: personOf(undefined), ...(workflow ? { workflow } : {}) }));
  return walks;
}

function showWalk({ output }: Context, { title, entry, status, people, steps }: RehearsedWalk): void {
  const ended = status === "waiting" ? "asks in circles" : status;
  output.line(`${output.paint("bold", visible(title))}  ${entry}, ${steps.length} steps, ${ended}`);
  if (people.length === 0) output.line("  asks nobody");
  for (const { role, kind, to, topic, rule } of people)
    output.line(
      `  ${kind.replace("_", "-")} from ${role} to ${to}: ${visible(topic)}  ${visible(rule.file)}:${rule.line}`,
    );
  output.line();
}
