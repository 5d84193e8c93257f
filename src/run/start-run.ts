/** Kicking off: everything is checked before anything is made; nothing moves yet. */
import { CadreError, isCadreError } from "../errors.ts";
import type { Brief } from "../briefs/brief.ts";
import type { StartOptions } from "./api.ts";
import type { Clock } from "../clock.ts";
import { isoTime } from "../clock.ts";
import { nearest } from "../documents/nearest.ts";
import type { IdSource, RunId } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { findRole, USER } from "../org/chart.ts";
import type { Store } from "../store/ports.ts";
import type { RunRow } from "../store/rows.ts";
import type { Workspaces } from "../tools/workspace/workspace.ts";
import { currencyFor, paidFor, requireHeld, type Costing } from "./held.ts";
import { limitsOf } from "./limits.ts";
import { pinnedModel } from "./player.ts";
import { outOfReach } from "./seats.ts";

/** A further draw is as random as the first: more than a few in vain mean a source that repeats itself. */
export const idTries = 20;

export type StartDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly workspaces: Pick<Workspaces, "create">;
  /** The model that plays this role, with what it costs. Throws `model-unknown` for a model that cannot be meant. */
  readonly costing: (bound: BoundChart, role: string) => Costing;
  /** The model that is asked for a second opinion on routes; null: none is. */
  readonly asked: Costing | null;
  /** Refuses where a role's model cannot be called at all, as far as that shows from here; nobody is asked. */
  readonly atHand: (bound: BoundChart, roles: readonly string[]) => Promise<void>;
};

/** Errors: role-unknown, brief-invalid (an input that is not there), workflow-invalid (nobody could sign off), model-unknown, config-invalid (a limit that could not be held), those of `atHand`, workspace-refused. */
export async function startRun(
  deps: StartDeps,
  bound: BoundChart,
  workflow: string,
  brief: Brief,
  options: StartOptions,
): Promise<RunRow> {
  const entry = entryOf(bound, brief, options);
  requireReach(bound, options.by);
  const staffed = playedByModels(bound);
  const models = staffed.map((slug) => deps.costing(bound, slug));
  const { limits, currency } = limitsOf(bound.workflow.limits, brief.limits);
  const paid = paidFor(models, deps.asked);
  requireHeld(limits, currency, paid);
  await deps.atHand(bound, staffed);
  const draft = {
    title: brief.title,
    brief,
    entry,
    workflow,
    chart: bound.hash,
    rehearsal: models.some(({ tier }) => tier === "rehearsal"),
    model: pinnedModel(options.model ?? null, models),
    startedBy: options.by,
    startedAt: isoTime(deps.clock),
    limits,
    currency: currencyFor(currency, paid),
  };
  for (let tries = 1; ; tries += 1) {
    const id = await unusedId(deps);
    const { path } = await deps.workspaces.create(id, {
      includeDirty: options.includeDirty ?? false,
      check: ({ holds }) => checkInputs(brief, holds),
    });
    try {
      await deps.store.createRun({ ...draft, id, workspace: path }, bound);
    } catch (error) {
      if (!isCadreError(error, "run-exists") || tries === idTries) throw error;
      continue; // another process drew the same id at the same moment
    }
    const row = await deps.store.run(id);
    if (!row) throw new CadreError("internal", `${id} was made and is not there`);
    return row;
  }
}

/** The roles that no person staffs. */
export function playedByModels({ chart, workflow }: BoundChart): readonly string[] {
  return chart.roles.map(({ slug }) => slug).filter((slug) => workflow.staffing[slug]?.by !== "person");
}

/** Ids are short enough to type, so two runs may draw the same one: looked up first, because a workspace that is there is taken for the run's own. */
export async function unusedId({ ids, store }: Pick<StartDeps, "ids" | "store">): Promise<RunId> {
  for (let tries = 0; tries < idTries; tries += 1) {
    const id = ids.runId();
    if (!(await store.run(id))) return id;
  }
  throw new CadreError("run-exists", `no unused run id was found in ${idTries} tries`, {
    hint: "Start again: ids are random.",
  });
}

function entryOf(bound: BoundChart, brief: Brief, options: StartOptions): string {
  const entry = options.to ?? brief.to ?? bound.workflow.entry;
  if (entry === USER || !findRole(bound.chart, entry)) {
    const slugs = bound.chart.roles.map((role) => role.slug);
    const near = nearest(entry, slugs);
    throw new CadreError("role-unknown", `there is no role "${entry}" to give the brief to`, {
      hint: near
        ? `Did you mean "${near}"? \`cadre who "${brief.title}"\` ranks the roles.`
        : `The roles are: ${slugs.join(", ")}.`,
      ...(options.to === undefined && brief.to !== null && brief.file !== null
        ? { place: { file: brief.file, line: 1 } }
        : {}),
    });
  }
  return entry;
}

/** A run that nobody could close is not begun. */
export function requireReach(bound: BoundChart, by: string): void {
  const none = outOfReach(bound, by);
  if (none === null) return;
  const place = bound.places[none.key] ?? bound.places["workflow"];
  throw new CadreError("workflow-invalid", `the run could never go on: ${none.why}`, {
    hint: "Have somebody else start it (--as <name>), name more people at `by`, or lower `quorum`.",
    ...(place === undefined ? {} : { place }),
  });
}

/** Before the workspace appears: a brief that is refused leaves none behind. */
function checkInputs(brief: Brief, holds: (path: string) => boolean): void {
  for (const input of brief.inputs) {
    if (!holds(input.path)) {
      throw new CadreError(
        "brief-invalid",
        `the brief names the input ${input.path}, which the run's workspace does not hold`,
        {
          hint: "Check the path, which is taken from the project. In a git repository a run starts from the last commit: what is not in it needs a commit, or --include-dirty.",
          ...(brief.file === null ? {} : { place: { file: brief.file, line: 1 } }),
        },
      );
    }
  }
}
