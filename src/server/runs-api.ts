/** Runs over HTTP: the verbs of the typed API, one route each. What moves a run goes through the mover. */
import { Hono } from "hono";
import { setImmediate as breathe } from "node:timers/promises";
import { z } from "zod";
import { briefOrThrow, loadBrief } from "../briefs/load-brief.ts";
import { readBrief } from "../briefs/read-brief.ts";
import type { Brief } from "../briefs/brief.ts";
import type { StartOptions } from "../run/api.ts";
import type { ForkOptions } from "../run/api.ts";
import { CadreError } from "../errors.ts";
import type { EventsView, JournalView, RunLine } from "../views/control-room/runs.ts";
import { compareRuns } from "../views/compare.ts";
import { renderJournal } from "../views/journal/journal.ts";
import { stepRecord, traceSteps } from "../views/trace/trace.ts";
import { requireMay, type Vars } from "./access.ts";
import { bodyOf, countIn } from "./body.ts";
import { briefFiles, briefPath } from "./briefs.ts";
import { exportPage } from "./export-page.ts";
import { exportRun } from "./export-run.ts";
import { rowsOf, theRun, type ServerDeps } from "./deps.ts";
import { boundChartView, changesView, runLine, runView } from "./documents.ts";

const words = z.string().max(100_000);
const name = z.string().min(1).max(200);

const startSchema = z.strictObject({
  /** A brief as text, with its headings; or the name of a file in the project's `briefs/`. */
  text: words.optional(),
  file: z.string().max(400).optional(),
  to: name.optional(),
  workflow: name.optional(),
  model: name.optional(),
  includeDirty: z.boolean().optional(),
});

type Start = z.infer<typeof startSchema>;
const forkSchema = z.strictObject({
  at: z.union([z.number().int().positive(), name]).optional(),
  model: name.optional(),
  chart: z.enum(["keep", "adopt"]).optional(),
});
const nothing = z.strictObject({});
const statuses = z.enum(["running", "waiting", "finished", "failed", "stopped"]);

export function runsApi(deps: ServerDeps): Hono<Vars> {
  const { cadre, listings, mover } = deps;
  const api = new Hono<Vars>();

  api.get("/", async (context) => {
    const status = statuses.safeParse(context.req.query("status")).data;
    const limit = countIn(context, "limit", 200, 1000);
    const runs: RunLine[] = [];
    for (const run of await listings.listRuns({ limit, ...(status ? { status } : {}) })) {
      runs.push(await runLine(rowsOf(deps), run));
      await breathe(); // the first look folds every run, and others wait for the loop
    }
    return context.json({ schema: "cadre.runs/1", runs });
  });

  api.post("/", async (context) => {
    const user = context.get("user");
    requireMay(user, "run");
    const start = await bodyOf(context, startSchema);
    const run = await cadre.start(await briefOf(deps, start), optionsOf(start, user.name));
    mover.wake(run.id);
    return context.json({ schema: "cadre.run/1", ...(await runView(rowsOf(deps), run)) }, 201);
  });

  /** The walk that the rehearsal would take. It leaves no trace, and is as dear as a rehearsal: not for everyone. */
  api.post("/preview", async (context) => {
    const user = context.get("user");
    requireMay(user, "run");
    const start = await bodyOf(context, startSchema);
    const brief = await briefOf(deps, start);
    const events = await cadre.preview(brief, optionsOf(start, user.name));
    return context.json({ schema: "cadre.preview/1", brief: brief.title, rehearsal: true, events });
  });

  api.get("/:run", async (context) => {
    const run = await theRun(deps, context.req.param("run"));
    return context.json({ schema: "cadre.run/1", ...(await runView(rowsOf(deps), run)) });
  });

  api.get("/:run/events", async (context) => {
    const run = await theRun(deps, context.req.param("run"));
    const after = countIn(context, "after", 0, Number.MAX_SAFE_INTEGER);
    const events = await cadre.store.runEvents(run.id, after);
    return context.json({ events, cursor: events.at(-1)?.seq ?? after } satisfies EventsView);
  });

  api.get("/:run/trace", async (context) => {
    const run = await theRun(deps, context.req.param("run"));
    const steps = traceSteps(await cadre.store.runEvents(run.id)).map(stepRecord);
    return context.json({ schema: "cadre.trace/1", run: run.id, rehearsal: run.rehearsal, steps });
  });

  api.get("/:run/chart", async (context) => {
    const run = await theRun(deps, context.req.param("run"));
    const bound = await cadre.store.chart(run.chart);
    if (!bound) throw new CadreError("store-corrupt", `the chart of ${run.id} is not in the store`);
    return context.json(boundChartView(bound));
  });

  api.get("/:run/changes", async (context) => {
    const run = await theRun(deps, context.req.param("run"));
    return context.json(changesView(await cadre.changes(run.id)));
  });

  api.get("/:run/journal", async (context) => {
    const run = await theRun(deps, context.req.param("run"));
    const events = await cadre.store.runEvents(run.id);
    const pages = [...renderJournal({ run, brief: run.brief, events, project: null })]
      .filter(([path]) => path.endsWith(".md"))
      .map(([path, text]) => ({ path, text }));
    return context.json({ pages } satisfies JournalView);
  });

  /** The run as one HTML file, to be kept: shown here it would be a page of ours, so it is only ever saved. */
  api.get("/:run/export", async (context) => {
    const run = await theRun(deps, context.req.param("run"));
    const view = await exportRun({ cadre, placer: deps.placer, clock: deps.clock, version: deps.version }, run);
    const page = exportPage(view, { assets: deps.assets, withoutSecrets: deps.project.cleaned() });
    context.header("Content-Type", "text/html; charset=utf-8");
    context.header("Content-Disposition", `attachment; filename="cadre-${run.id}.html"`);
    return context.body(page);
  });

  api.get("/:run/verification", async (context) => {
    const run = await theRun(deps, context.req.param("run"));
    return context.json(await cadre.verify(run.id));
  });

  api.get("/:run/compared/:other", async (context) => {
    const one = await theRun(deps, context.req.param("run"));
    const other = await theRun(deps, context.req.param("other"));
    const rows = compareRuns(await cadre.store.runEvents(one.id), await cadre.store.runEvents(other.id));
    return context.json({ schema: "cadre.compare/1", one: one.id, other: other.id, rows });
  });

  /** Computed; makes nothing. */
  api.post("/:run/fork/plan", async (context) => {
    const run = await theRun(deps, context.req.param("run"));
    const fork = forkOptions(await bodyOf(context, forkSchema), context.get("user").name);
    return context.json({ schema: "cadre.fork/1", ...(await cadre.planFork(run.id, fork)) });
  });

  for (const verb of ["fork", "retry"] as const) {
    api.post(`/:run/${verb}`, async (context) => {
      const user = context.get("user");
      requireMay(user, "run");
      const run = await theRun(deps, context.req.param("run"));
      const made = await cadre[verb](run.id, forkOptions(await bodyOf(context, forkSchema), user.name));
      mover.wake(made.id);
      return context.json({ schema: "cadre.run/1", ...(await runView(rowsOf(deps), made)) }, 201);
    });
  }

  api.post("/:run/resume", async (context) => {
    requireMay(context.get("user"), "run");
    await bodyOf(context, nothing);
    const run = await theRun(deps, context.req.param("run"));
    if (run.endedAt !== null) throw ended(run.id, run.status);
    mover.wake(run.id);
    return context.json({ schema: "cadre.run/1", ...(await runView(rowsOf(deps), run)) }, 202);
  });

  api.post("/:run/stop", async (context) => {
    const user = context.get("user");
    requireMay(user, "run");
    await bodyOf(context, nothing);
    const run = await theRun(deps, context.req.param("run"));
    if (run.endedAt !== null) throw ended(run.id, run.status);
    const stopped = await cadre.stop(run.id, user.name);
    return context.json({ schema: "cadre.run/1", ...(await runView(rowsOf(deps), stopped)) });
  });

  api.post("/:run/apply", async (context) => {
    requireMay(context.get("user"), "run");
    await bodyOf(context, nothing);
    const run = await theRun(deps, context.req.param("run"));
    const set = await cadre.apply(run.id);
    return context.json({ hash: set.hash, files: set.files.map(({ path }) => path) });
  });

  return api;
}

export function briefsApi({ cadre }: ServerDeps): Hono<Vars> {
  const api = new Hono<Vars>();
  api.get("/", (context) => context.json({ briefs: briefFiles(cadre.dir) }));
  api.get("/read", async (context) => {
    const file = context.req.query("file") ?? "";
    return context.json(await loadBrief(briefPath(cadre.dir, file), file));
  });
  return api;
}

function forkOptions({ at, model, chart }: z.infer<typeof forkSchema>, by: string): ForkOptions {
  return {
    by,
    ...(at === undefined ? {} : { at }),
    ...(model === undefined ? {} : { model }),
    ...(chart === undefined ? {} : { chart }),
  };
}

function ended(run: string, status: string): CadreError {
  return new CadreError("run-ended", `${run} is ${status} already`, { data: { run, status } });
}

/** Errors: usage, brief-invalid, file-unreadable. */
async function briefOf({ cadre }: ServerDeps, { text, file }: Start): Promise<Brief> {
  if (file !== undefined) return loadBrief(briefPath(cadre.dir, file), file);
  if (text === undefined || text.trim() === "") throw new CadreError("usage", "the brief is empty");
  return briefOrThrow(readBrief(text, null));
}

function optionsOf({ to, workflow, model, includeDirty }: Start, by: string): StartOptions {
  return {
    by,
    ...(to === undefined ? {} : { to }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(model === undefined ? {} : { model }),
    ...(includeDirty === undefined ? {} : { includeDirty }),
  };
}
