/** `cadre graph --diff <revision>`: the chart that the files declare now, beside the one that a commit holds. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { compareText } from "../../documents/problem-order.ts";
import { CadreError, isCadreError } from "../../errors.ts";
import { loadProjectModes } from "../../modes/project-modes.ts";
import type { OrgChart, Role, Route } from "../../org/chart.ts";
import { compile } from "../../org/compile.ts";
import { chartDiff, noSeats, type ChartDiff, type Seats } from "../../org/diff.ts";
import { rolesInText } from "../../org/workflow-literal.ts";
import { isWorkflowFile, usualWorkflow, workflowName } from "../../run/load-workflow.ts";
import { parsePath } from "../../tools/paths.ts";
import { readCommitted } from "../../tools/workspace/git.ts";
import { chartDiffMarkdown, renderChartDiff } from "../../views/chart-diff.ts";
import type { Context } from "../context.ts";
import { choice, option, words, type Input } from "../input.ts";
import { readChart } from "../read-chart.ts";

const formats = ["text", "markdown", "json"] as const;
const failures = ["lost-way-up"] as const;

/** Exit code 1 only where `--fail-on` names what was found. Errors: usage (no such revision, no repository). */
export async function graphDiff(context: Context, input: Input, revision: string): Promise<number> {
  if (words(input, 0).length > 0)
    throw new CadreError("usage", "--diff compares the chart of the whole project: name no files with it");
  const { chart: now, workflow } = await readChart(context, []);
  const { output } = context;
  const format = choice(input, "format", formats, output.json ? "json" : "text");
  const failOn = option(input, "failOn") === undefined ? null : choice(input, "failOn", failures, "lost-way-up");
  const { chart: then, commit } = await chartAt(context.dir, revision);
  const graphs = await workflowsAt(context.dir, commit);
  const changed = changedWorkflows(context.dir, graphs);
  const after = workflow ?? noSeats;
  const past = changed.length === 0 ? after : seatsBefore(context.dir, workflow !== null, graphs);
  const diff = chartDiff(then, now, { before: past ?? after, after });
  const ends = { revision, commit, before: then.hash, after: now.hash };
  const workflows = { changed, read: past !== null };
  if (format === "json") output.document({ ...diffDocument(diff, ends), workflows });
  else if (format === "markdown") output.line(chartDiffMarkdown(diff, revision, workflows).trimEnd());
  else output.line(renderChartDiff(diff, revision, output.text, workflows));
  return failOn !== null && diff.wayUp.lost.length > 0 ? 1 : 0;
}

/** Reads what git holds into a folder of its own, where nothing is executed and nobody works. No modes then: an empty chart. */
/** Null: what a workflow that cannot be read now would be held against. */
function seatsBefore(dir: string, readNow: boolean, graphs: ReadonlyMap<string, Uint8Array>): Seats | null {
  return readNow || workflowFiles(dir).length === 0 ? seatsIn(graphs) : null;
}

async function chartAt(dir: string, revision: string): Promise<{ readonly chart: OrgChart; readonly commit: string }> {
  const { commit, files } = await readCommitted(dir, revision, "modes");
  const folder = mkdtempSync(join(tmpdir(), "cadre-chart-"));
  try {
    for await (const { entry, bytes } of files) {
      const parsed = parsePath(entry.path);
      if (!parsed.ok || parsed.path !== entry.path) continue; // no mode has such a name
      mkdirSync(dirname(join(folder, entry.path)), { recursive: true });
      writeFileSync(join(folder, entry.path), bytes, { mode: 0o600 });
    }
    return { chart: compile((await loadProjectModes(folder)).modes).chart, commit };
  } catch (error) {
    const none = isCadreError(error, "folder-missing") || isCadreError(error, "folder-empty");
    if (!none) throw error;
    return { chart: compile([]).chart, commit };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files of `graphs/` by their path in the project. Nothing of a revision is run. */
async function workflowsAt(dir: string, commit: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { files } = await readCommitted(dir, commit, "graphs");
  const then = new Map<string, Uint8Array>();
  for await (const { entry, bytes } of files) if (isWorkflow(entry.path)) then.set(entry.path, bytes);
  return then;
}

/** What the workflow said that was taken where none was named; where there was none, nothing. Null: its text is not plain. */
function seatsIn(graphs: ReadonlyMap<string, Uint8Array>): Seats | null {
  if (graphs.size === 0) return noSeats;
  const name = usualWorkflow([...graphs.keys()].map(workflowName));
  const [, bytes] = [...graphs].find(([path]) => workflowName(path) === name) ?? [];
  return bytes ? rolesInText(Buffer.from(bytes).toString("utf8")) : null;
}

/** Compared as bytes. Sorted, relative to the project. */
function changedWorkflows(dir: string, then: ReadonlyMap<string, Uint8Array>): readonly string[] {
  const names = workflowFiles(dir);
  const changed = names.filter((name) => {
    const before = then.get(name);
    return before === undefined || !readFileSync(join(dir, name)).equals(before);
  });
  const gone = [...then.keys()].filter((name) => !names.includes(name));
  return [...changed, ...gone].toSorted(compareText);
}

function workflowFiles(dir: string): readonly string[] {
  const folder = join(dir, "graphs");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => `graphs/${name}`)
    .filter(isWorkflow);
}

function isWorkflow(path: string): boolean {
  return /^graphs\/[^/]+$/.test(path) && isWorkflowFile(path);
}

type Ends = { readonly revision: string; readonly commit: string; readonly before: string; readonly after: string };

/** cadre.chart-diff/1. */
function diffDocument({ entry, roles, routes, reach, wayUp, people }: ChartDiff, ends: Ends): Record<string, unknown> {
  const role = ({ slug, name, file }: Role): unknown => ({ slug, name, file });
  const route = ({ kind, from, to, purpose, file, line }: Route) => ({ kind, from, to, purpose, file, line });
  return {
    schema: "cadre.chart-diff/1",
    ...ends,
    entry,
    roles: { ...roles, added: roles.added.map(role), removed: roles.removed.map(role) },
    routes: {
      added: routes.added.map(route),
      lost: routes.lost.map(route),
      changed: routes.changed.map(({ route: now, before }) => ({ ...route(now), before })),
    },
    reach,
    wayUp,
    people,
  };
}
