/**
 * The graph for LangGraph's own tools (langgraph.json, Studio): a labelled rehearsal with a store in memory and a scratch workspace.
 * It never opens project data: what happens in it is gone with the process, but for the log that the tool itself keeps.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { interrupt } from "@langchain/langgraph";
import { z } from "zod";
import type { Brief } from "../briefs/brief.ts";
import { readBrief } from "../briefs/read-brief.ts";
import { systemClock } from "../clock.ts";
import { CadreError } from "../errors.ts";
import type { Event } from "../events/event.ts";
import { mainLine, type RunId } from "../ids.ts";
import { rehearsalModel } from "../models/rehearsal/rehearsal.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { bindChart } from "../org/bind.ts";
import { checkWorkflow } from "../org/workflow-check.ts";
import type { WorkflowInput } from "../org/workflow.ts";
import { compile } from "../org/compile.ts";
import { loadProjectModes } from "../modes/project-modes.ts";
import { lineGraph } from "./graph.ts";
import { limitsOf } from "./limits.ts";
import { nothingAbove, type LineContext } from "./line-context.ts";
import { openingEvents } from "./opening.ts";
import { openStore } from "../store/open.ts";
import { thisOwner } from "../store/owner.ts";
import type { NewRun, Store } from "../store/ports.ts";
import type { AskRow, RunRow } from "../store/rows.ts";
import { toolCatalogue, toolHash } from "../tools/catalogue.ts";
import { openWorkspaces } from "../tools/workspace/folder.ts";

/** A lease of a store that nobody else can open: it only has to outlive the process. */
const forEver = 100 * 365 * 24 * 3600 * 1000;

/**
 * Compiles the workflow of the file `from` (its `import.meta.url`) with the modes beside it. The first thing that it asks for, as an
 * interrupt, is the brief; later interrupts are the run's asks, resumed with a text or `{verb, text, args}`.
 * Errors: chart-invalid, workflow-invalid.
 */
export async function rehearsalGraph(workflow: WorkflowInput, from: string) {
  const project = projectOf(fileURLToPath(from));
  const tools = toolCatalogue();
  const bound = await boundChart(
    project,
    workflow,
    Object.fromEntries([...tools].map(([name, tool]) => [name, toolHash(tool)])),
  );
  const data = mkdtempSync(join(tmpdir(), "cadre-studio-"));
  process.once("exit", () => rmSync(data, { recursive: true, force: true }));
  const store = openStore({ file: ":memory:", clock: systemClock });
  const workspaces = openWorkspaces({ project, data });
  const begin = async (run: NewRun): Promise<void> => {
    if (await store.run(run.id)) return;
    await workspaces.create(run.id, { includeDirty: true });
    await store.createRun(run, bound);
    await store.acquire(mainLine(run.id), thisOwner(), systemClock.now(), forEver);
  };
  const context = async (log: readonly Event[]): Promise<LineContext> => {
    const run = runFromLog(log, bound);
    await begin(run);
    const line = mainLine(run.id);
    return {
      run: (await store.run(run.id)) as RunRow,
      brief: run.brief,
      line,
      fence: { line, epoch: (await store.line(line))?.epoch ?? 0 },
      above: nothingAbove,
      mayOpenLines: false,
      moving: () => 0,
      bound,
      store: withoutAsks(store),
      modelFor: async () => rehearsalModel(),
      tools,
      workspaces,
      project,
      clock: systemClock,
      signal: new AbortController().signal,
      stopRequested: () => null,
      drift: async () => null,
      onText: () => undefined,
    };
  };
  const opening = async (_log: readonly Event[], thread: string): Promise<Event[]> => {
    const brief = briefFrom(interrupt({ brief: "What is to be done? Give the brief as text." }));
    const run = newRun(thread, bound, brief);
    await begin(run);
    return openingEvents((await store.run(run.id)) as RunRow, bound);
  };
  return lineGraph(bound, context, { opening }).compile({ name: bound.workflow.name });
}

function projectOf(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, "modes")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

async function boundChart(
  project: string,
  input: WorkflowInput,
  toolHashes: Record<string, string>,
): Promise<BoundChart> {
  const { modes, rules } = await loadProjectModes(project);
  const { chart } = compile(modes, { entries: [input.entry] });
  const { workflow, problems } = checkWorkflow(input, `graphs/${input.name}.ts`, chart, rules);
  if (!workflow)
    throw new CadreError("workflow-invalid", problems[0]?.message ?? `the workflow ${input.name} is not valid`, {
      hint: "`cadre lint` shows every problem.",
    });
  return bindChart({ chart, rules, workflow, places: {}, toolHashes });
}

function briefFrom(value: unknown): Brief {
  const text = z.union([z.string(), z.object({ brief: z.string() }).transform((given) => given.brief)]).parse(value);
  const { brief, problems } = readBrief(text, null);
  if (!brief)
    throw new CadreError("brief-invalid", problems[0]?.message ?? "that is not a brief", {
      hint: "Say at least what is to be done.",
    });
  return brief;
}

function newRun(thread: string, bound: BoundChart, brief: Brief): NewRun {
  const id = `r-${createHash("sha256").update(thread).digest("hex").slice(0, 6)}` as RunId;
  return {
    id,
    title: brief.title,
    brief,
    entry: brief.to ?? bound.workflow.entry,
    workflow: bound.workflow.name,
    chart: bound.hash,
    rehearsal: true,
    model: null,
    startedBy: "user",
    startedAt: new Date(systemClock.now()).toISOString(),
    ...limitsOf(bound.workflow.limits, brief.limits),
    workspace: "",
  };
}

/** The run as its own log tells it: the tool keeps threads longer than this process keeps its store. */
function runFromLog(log: readonly Event[], bound: BoundChart): NewRun {
  const started = log.find((event) => event.type === "run_started");
  if (!started) throw new CadreError("internal", "a thread without its first event");
  return {
    ...newRun("", bound, started.brief as Brief),
    id: started.run as RunId,
    entry: started.entry,
    startedAt: started.at,
  };
}

/** There is no asks table here: the decision is the interrupt's resume value, kept in the tool's own log. */
function withoutAsks(store: Store): LineContext["store"] {
  return {
    ...store,
    ask: async () => undefined,
    decide: async (_id, decision) => ({ won: true, ask: { decision } as unknown as AskRow }),
  };
}
