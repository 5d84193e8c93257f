/** The engine of an open project: everything that moves a run. Loaded lazily, because it brings LangGraph and the tools. */
import { join } from "node:path";
import type { Brief } from "../briefs/brief.ts";
import type { Config } from "../config/config.ts";
import { CadreError, isCadreError } from "../errors.ts";
import type { ChangeSet } from "../events/event.ts";
import { openerOf, type LineId, type RunId } from "../ids.ts";
import type { RoleModel } from "../models/model.ts";
import { modelSource } from "../models/served-model.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { Role } from "../org/chart.ts";
import { commandPolicy } from "../org/command-policy.ts";
import { advanceRun } from "../run/advance-run.ts";
import type { AdvanceOptions, AdvanceResult, ChangedFile, Changes, ForkOptions, StartOptions } from "../run/api.ts";
import { driftFrom } from "../run/drift.ts";
import { complaint } from "../run/refusal.ts";
import type { Store } from "../store/ports.ts";
import type { RunRow } from "../store/rows.ts";
import type { Sandbox } from "../tools/sandbox/sandbox.ts";
import type { Tool } from "../tools/tool.ts";
import { openWorkspaces } from "../tools/workspace/folder.ts";
import type { Workspaces } from "../tools/workspace/workspace.ts";
import type { Engine, EngineOptions } from "./api.ts";
import { followSecrets, guardedModel, guardedModels, guardedTools } from "./guard.ts";
import { byName, noServers, serveMcp, servedTool, whileServed, withServed, type ServedTools } from "./mcp.ts";
import { engineModels } from "./models.ts";
import { outsideOf } from "./outside.ts";
import { engineRouting } from "./routing.ts";
import { runModels, specFor } from "./run-models.ts";

export function openEngine(options: EngineOptions): Engine {
  const secrets = followSecrets(options.dir);
  // The YAML parser with its schemas is needed once a role acts, and not to take a decision up.
  const configured = async (): Promise<Config> => {
    secrets.look();
    return (await import("../config/config.ts")).requireConfig(options.dir);
  };
  const models = engineModels({ dir: options.dir, data: options.data, config: configured, env: process.env });
  const outside = outsideOf({ ...options, embedded: models.embedded });
  // With all that they do: not before a role acts.
  const tools = oncePer(
    () => 0,
    async () => {
      const { toolCatalogue } = await import("../tools/catalogue.ts");
      return guardedTools(toolCatalogue({ sandbox: await sandboxFor(options), ...outside, secrets }), secrets);
    },
  );
  const workspaces = openWorkspaces({ project: options.dir, data: options.data, exclude: ownFolders(options) });
  const serve = (): ServedTools => {
    secrets.look(); // servers are given what the file names by now
    return options.outside === false ? noServers : serveMcp(options.dir);
  };
  const bindNow = async (
    served: ServedTools,
    workflow: string | undefined,
    before: BoundChart | null,
  ): Promise<{ bound: BoundChart; workflow: string }> => {
    const [{ bindProject, loadProject }, { toolHash }] = await Promise.all([
      import("../project.ts"),
      import("../tools/catalogue.ts"),
    ]);
    const project = await loadProject(options.dir, workflow);
    const mcp = await served.bind(project, before && (before.mcp ?? []));
    const toolHashes = Object.fromEntries([...(await tools()).values()].map((tool) => [tool.name, toolHash(tool)]));
    return { bound: bindProject(project, toolHashes, mcp), workflow: project.loaded?.name ?? "" };
  };
  const routing = engineRouting({ dir: options.dir, config: configured, embedded: models.embedded, secrets });
  const making = { store: options.store, clock: options.clock, ids: options.ids };
  const modelsFor = (flag: string | null): ReturnType<typeof runModels> =>
    runModels({ ...options, config: configured, routing }, flag);
  const start = async (brief: Brief, begin: StartOptions): Promise<RunRow> => {
    const { startRun } = await import("../run/start-run.ts");
    const { bound, workflow } = await whileServed(serve(), (served) => bindNow(served, begin.workflow, null));
    return startRun(
      { ...making, workspaces, ...(await modelsFor(begin.model ?? null)) },
      bound,
      workflow,
      secrets.cleanJson(brief),
      begin,
    );
  };
  const contextFor = async (served: ServedTools, run: RunRow, bound: BoundChart) => {
    const look = async () => {
      const found = await driftFrom(bound, async () => (await bindNow(served, run.workflow, bound)).bound);
      if (found && "bound" in found) await options.store.putChart(found.bound); // before anyone can adopt it
      return found;
    };
    const drift = oncePer(() => served.changes, look);
    const played = new Map<string, Promise<RoleModel>>();
    return {
      brief: run.brief,
      store: options.store,
      tools: oncePer(
        () => 0,
        async () => withServed(await tools(), guardedTools(byName(await served.toolsOf(bound)), secrets)),
      ),
      workspaces,
      project: options.dir,
      clock: options.clock,
      drift: async () => {
        secrets.look();
        await outside.read(); // before anything is offered or run
        return drift();
      },
      models: guardedModels(
        modelSource(configured, { env: process.env, run: run.id, embedded: models.embedded }),
        secrets,
      ),
      routing: routing.judge(run.id),
      modelFor: (role: Role): Promise<RoleModel> => {
        const known =
          played.get(role.slug) ??
          (options.model
            ? Promise.resolve(options.model)
            : configured().then((config) => models.roleModel(specFor(config, bound, role, run.model), run.id))
          ).then((model) => guardedModel(model, secrets));
        played.set(role.slug, known);
        return known;
      },
    };
  };
  const advance = async (run: RunId, move?: AdvanceOptions): Promise<AdvanceResult> => {
    const unwatch = models.watch(move?.onFetch);
    try {
      return await whileServed(serve(), (served) =>
        advanceRun(
          { store: options.store, clock: options.clock, contextFor: (row, bound) => contextFor(served, row, bound) },
          run,
          move,
        ),
      );
    } finally {
      unwatch();
    }
  };
  const forkAt = async (run: RunRow, fork: ForkOptions) => {
    const { planFork } = await import("./fork.ts");
    return whileServed(serve(), (served) =>
      planFork(
        {
          store: options.store,
          workspaces,
          bindNow: async (of, bound) => (await bindNow(served, of.workflow, bound)).bound,
        },
        run,
        fork,
      ),
    );
  };
  const fork = async (run: RunRow, how: ForkOptions): Promise<RunRow> => {
    const { plan, cut, traces, bound } = await forkAt(run, how);
    const model = how.model ?? run.model;
    const { line, length, head } = plan;
    const { forkRun } = await import("../run/fork/fork-run.ts");
    return forkRun(
      { ...making, workspaces, ...(await modelsFor(model)) },
      { of: run, past: { line, length, head }, desk: cut.desk, traces, bound, model, by: how.by },
    );
  };
  const toolNamed = async (bound: BoundChart | undefined, name: string): Promise<Tool | undefined> =>
    (await tools()).get(name) ?? (bound && (await whileServed(serve(), servedTool(bound, name))));
  return {
    start,
    advance,
    planFork: async (run, how) => (await forkAt(run, how)).plan,
    fork,
    preview: async (brief, begin) => {
      const { inScratch, previewRun } = await import("./scratch.ts");
      return inScratch(options, openEngine, (scratch) => previewRun(scratch, brief, begin));
    },
    rehearse: async (brief, begin) => {
      const { inScratch, rehearseRun } = await import("./scratch.ts");
      return inScratch(options, openEngine, (scratch) => rehearseRun(scratch, brief, begin));
    },
    stop: (run) => stopRun(options.store, run, advance),
    changes: (run) => changesOf(options.store, workspaces, run),
    apply: (run) => applyRun(options.store, workspaces, run),
    argumentProblem: async ({ run, line, action }, args) => {
      const name = action?.type === "tool" ? action.tool : "";
      const bound = await boundOf(options.store, run);
      const tool = await toolNamed(bound, name);
      if (!tool) return "it is approved as it is, or rejected with a reason";
      const checked = tool.schema.safeParse(args);
      if (!checked.success) return complaint(checked.error);
      await outside.read(); // a model that the edit names is one of cadre.yaml
      const context = {
        workspace: workspaces.path(run),
        writable: await shareOf(options.store, line),
        commands: commandPolicy(bound?.workflow ?? {}),
        project: options.dir,
        knowledge: [],
        key: "",
        clock: options.clock,
      };
      return (await tool.objection?.({ ...context, signal: new AbortController().signal }, checked.data)) ?? null;
    },
    close: () => models.close(),
  };
}

/** Made once, and once more whenever the mark has moved. */
function oncePer<Value>(mark: () => number, make: () => Promise<Value>): () => Promise<Value> {
  let made: { readonly at: number; readonly value: Promise<Value> } | undefined;
  return () => {
    if (made?.at !== mark()) made = { at: mark(), value: make() };
    return made.value;
  };
}

/** What a task that runs beside others may write; null: there is no such bound. */
async function shareOf(store: Store, line: LineId): Promise<readonly string[] | null> {
  const opener = openerOf(line);
  if (!opener) return null;
  const [opening] = await store.events(opener.parent, opener.openedAt, opener.openedAt + 1);
  return opening?.event.type === "child_opened" ? opening.event.writes : null;
}

async function boundOf(store: Store, run: RunId): Promise<BoundChart | undefined> {
  const row = await store.run(run);
  return row && store.chart(row.chart);
}

/** What a run writes into the project beside its workspace; the default journal is known to the workspaces already. */
function ownFolders(options: EngineOptions): string[] {
  return options.journal === join(options.dir, "journal") ? [] : [options.journal];
}

async function sandboxFor({ outside, sandbox }: EngineOptions): Promise<Sandbox> {
  if (outside === false) return (await import("../tools/sandbox/sandbox.ts")).noSandbox;
  return sandbox ?? (await import("../tools/sandbox/bubblewrap.ts")).bubblewrap({ node: process.execPath });
}

/** Ends the run at once if nobody holds it; otherwise its owner sees the signal at its next renewal. */
async function stopRun(store: Store, run: RunId, advance: (run: RunId) => Promise<AdvanceResult>): Promise<RunRow> {
  try {
    return (await advance(run)).run;
  } catch (error) {
    if (!isCadreError(error, "run-owned")) throw error;
    return (await store.run(run)) as RunRow;
  }
}

/** The hash of the change set that a person signed off (or that the run closed with, where the workflow asks for no sign-off). */
async function approvedChanges(store: Store, run: RunRow): Promise<ChangeSet | null> {
  const events = await store.runEvents(run.id);
  const ended = events.map((stored) => stored.event).findLast((event) => event.type === "run_ended");
  return ended?.changes ?? null;
}

async function changesOf(store: Store, workspaces: Workspaces, run: RunRow): Promise<Changes> {
  const set = await workspaces.changes(run.id);
  const files: ChangedFile[] = [];
  for (const file of set.files) {
    const kind = file.before === null ? "added" : file.after === null ? "deleted" : "modified";
    files.push({ path: file.path, kind, ...(await workspaces.versions(run.id, file.path)) });
  }
  return { set, files, approved: (await approvedChanges(store, run))?.hash ?? null };
}

async function applyRun(store: Store, workspaces: Workspaces, run: RunRow): Promise<ChangeSet> {
  const approved = await approvedChanges(store, run);
  if (!approved) {
    throw new CadreError("decision-invalid", `${run.id} has no signed-off change set: it is ${run.status}`, {
      hint: `See what waits: cadre show ${run.id}`,
    });
  }
  const now = await workspaces.changes(run.id);
  if (now.hash !== approved.hash) {
    throw new CadreError(
      "hash-stale",
      `the workspace of ${run.id} was changed after the sign-off: nothing was applied`,
      {
        hint: `Compare: cadre changes ${run.id}. Only what was approved is applied.`,
        data: { approved: approved.hash, now: now.hash },
      },
    );
  }
  await workspaces.apply(run.id, approved);
  return approved;
}
