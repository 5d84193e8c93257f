/** What the project's files say now, and how runs have used it: modes, problems, prompts, routes taken, who would take a text. */
import { Hono } from "hono";
import { setImmediate as breathe } from "node:timers/promises";
import { z } from "zod";
import { CadreError } from "../errors.ts";
import { drawChart } from "../layout/draw-chart.ts";
import { findRole } from "../org/chart.ts";
import { rankRoutes } from "../org/who.ts";
import { graphDocument, lintDocument } from "../views/chart-document.ts";
import type { HeldLine } from "../store/listings.ts";
import { ownerState } from "../store/owner.ts";
import type { CoverageView, ModesView } from "../views/control-room/project.ts";
import type { HealthView, ModelServerView, WorkerView } from "../views/control-room/health.ts";
import { routeCoverage } from "../views/coverage.ts";
import { ownSteps } from "../views/shared-past.ts";
import { traceSteps } from "../views/trace/trace.ts";
import type { Vars } from "./access.ts";
import { bodyOf, countIn } from "./body.ts";
import type { ServerDeps } from "./deps.ts";
import { chartView } from "./documents.ts";

/** `leaseMs`: how long a lease lives; whoever holds one renews it all the time. */
function workerView({ line, run, owner, until }: HeldLine, now: number, leaseMs: number): WorkerView {
  const { host, pid } = owner;
  const left = until - now;
  return { run, line, host, pid, state: ownerState(owner), beatMs: Math.max(0, leaseMs - left), leaseMs: left };
}

/** Those that cadre.yaml names, asked or not, then those that runs named themselves. */
function serversView(
  named: ReturnType<ServerDeps["project"]["servers"]>,
  asked: Awaited<ReturnType<ServerDeps["cadre"]["activity"]>>["servers"],
): readonly ModelServerView[] {
  const seen = new Map(asked.map(({ origin, ...own }) => [origin, own]));
  const models = Map.groupBy(named, ({ origin }) => origin);
  return [...new Set([...models.keys(), ...seen.keys()])].map((origin) => ({
    origin,
    models: models.get(origin)?.map(({ model }) => model) ?? [],
    seen: seen.get(origin) ?? null,
  }));
}

const box = z.number().positive().max(2000);
const planSchema = z.strictObject({
  nodes: z
    .array(z.strictObject({ id: z.string().max(200), rank: z.number().int().min(0).max(20), width: box, height: box }))
    .max(60),
  edges: z
    .array(z.strictObject({ id: z.string().max(600), from: z.string().max(200), to: z.string().max(200) }))
    .max(400),
});

export function projectApi(deps: ServerDeps): Hono<Vars> {
  const { cadre, project, listings, placer, live, mover, clock } = deps;
  const api = new Hono<Vars>();

  api.get("/modes", async (context) => {
    const { chart, workflow, problems, frameOf } = await project.files();
    return context.json({
      chart: chartView(chart, workflow, (slug) => workflow?.grants[slug] ?? []),
      problems: problems.map((problem) => ({ ...problem, hint: problem.hint ?? null, frame: frameOf(problem) })),
      workflow: workflow?.name ?? null,
    } satisfies ModesView);
  });

  api.get("/lint", async (context) => context.json(lintDocument(await project.files())));

  /** As `cadre graph --format json`, or as the picture. */
  api.get("/graph", async (context) => {
    const { chart, workflow } = await project.files();
    if (context.req.query("format") !== "svg") return context.json(graphDocument(chart, workflow));
    context.header("Content-Type", "image/svg+xml; charset=utf-8");
    return context.body(await drawChart(placer, chart, workflow, { reports: false }));
  });

  api.get("/choices", (context) => context.json(project.choices()));

  api.get("/modes/:role/prompt", async (context) => {
    const { chart } = await project.files();
    const role = findRole(chart, context.req.param("role"));
    if (!role) throw new CadreError("role-unknown", "there is no such role in modes/");
    const text = await cadre.promptOf(role.slug);
    return context.json({ role: role.slug, text, tokens: Math.ceil(text.length / 4) });
  });

  api.get("/who", async (context) => {
    const { chart } = await project.files();
    const text = (context.req.query("text") ?? "").slice(0, 4000);
    const candidates = text.trim() === "" ? [] : rankRoutes(chart, text, { limit: 5 });
    return context.json({ schema: "cadre.who/1", text, candidates });
  });

  api.get("/coverage", async (context) => {
    const { chart } = await project.files();
    const runs = await listings.listRuns({ limit: countIn(context, "limit", 100, 500) });
    const steps = [];
    for (const { id } of runs) {
      steps.push(ownSteps(traceSteps(await cadre.store.runEvents(id))));
      await breathe(); // a read of the store is over at once: a lease that is to be renewed, or another request, would wait for all runs
    }
    const coverage = routeCoverage(chart, steps);
    return context.json({
      runs: coverage.runs,
      routes: coverage.routes.map(({ route: { kind, from, to }, walked }) => ({ kind, from, to, ...walked })),
    } satisfies CoverageView);
  });

  api.get("/health", async (context) => {
    const { servers, leaseMs } = await cadre.activity();
    return context.json({
      schema: "cadre.doctor/1",
      ...({
        checks: await project.checks(),
        workers: (await listings.heldLines()).map((held) => workerView(held, clock.now(), leaseMs)),
        servers: serversView(project.servers(), servers),
        room: {
          pid: process.pid,
          upMs: Math.round(process.uptime() * 1000),
          watchers: live.watchers,
          moving: mover.moving(),
        },
      } satisfies HealthView),
    });
  });

  /** Computed, and changes nothing; a POST because a plan does not fit into an address. */
  api.post("/layout", async (context) => {
    const plan = await bodyOf(context, planSchema);
    const ids = new Set(plan.nodes.map(({ id }) => id));
    if (plan.edges.some(({ from, to }) => !ids.has(from) || !ids.has(to)))
      throw new CadreError("usage", "an edge leads to a node that is not there");
    return context.json({ placed: await placer.place(plan) });
  });

  return api;
}
