/** Kicking off: everything is checked before anything is made; nothing moves yet. */
import { CadreError } from "../errors.ts";
import type { Brief, Limits } from "../briefs/brief.ts";
import type { StartOptions } from "./api.ts";
import type { Clock } from "../clock.ts";
import { isoTime } from "../clock.ts";
import { nearest } from "../documents/nearest.ts";
import type { IdSource } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { findRole, USER } from "../org/chart.ts";
import type { RunRow, Store } from "../store/ports.ts";
import type { Workspaces } from "../tools/workspace.ts";
import { defaultLimits } from "./limits.ts";

export type StartDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly workspaces: Workspaces;
  /** True where the rehearsal stands in for this role's model. Throws `model-unknown` for a model that cannot be meant. */
  readonly rehearses: (bound: BoundChart, role: string) => boolean;
};

/** Errors: role-unknown, brief-invalid (an input that is not there), model-unknown, workspace-refused. */
export async function startRun(
  deps: StartDeps,
  bound: BoundChart,
  workflow: string,
  brief: Brief,
  options: StartOptions,
): Promise<RunRow> {
  const entry = entryOf(bound, brief, options);
  const staffed = bound.chart.roles.filter((role) => bound.workflow.staffing[role.slug]?.by !== "person");
  const rehearsal = staffed.map((role) => deps.rehearses(bound, role.slug)).some((rehearsed) => rehearsed);
  const id = deps.ids.runId();
  const { path } = await deps.workspaces.create(id, { includeDirty: options.includeDirty ?? false });
  await checkInputs(deps.workspaces, id, brief);
  await deps.store.createRun(
    {
      id,
      title: brief.title,
      brief,
      entry,
      workflow,
      chart: bound.hash,
      rehearsal,
      model: options.model ?? null,
      startedBy: options.by,
      startedAt: isoTime(deps.clock),
      limits: limitsOf(bound, brief),
      workspace: path,
    },
    bound,
  );
  const row = await deps.store.run(id);
  if (!row) throw new CadreError("internal", `${id} was made and is not there`);
  return row;
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

async function checkInputs(workspaces: Workspaces, run: string, brief: Brief): Promise<void> {
  for (const input of brief.inputs) {
    const there = await workspaces.versions(run, input.path).then(
      (versions) => versions.after !== null,
      () => false,
    );
    if (!there) {
      throw new CadreError(
        "brief-invalid",
        `the brief names the input ${input.path}, which the run's workspace does not hold`,
        {
          hint: "In a git repository a run starts from the last commit: commit the file, or add --include-dirty.",
          ...(brief.file === null ? {} : { place: { file: brief.file, line: 1 } }),
        },
      );
    }
  }
}

function limitsOf(bound: BoundChart, brief: Brief): Limits {
  return { ...defaultLimits, ...bound.workflow.limits, ...brief.limits };
}
