/** Rows of the store as the page reads them. */
import type { Clock } from "../clock.ts";
import { isCadreError } from "../errors.ts";
import type { RunId } from "../ids.ts";
import { groupsOf, type BoundChart } from "../org/bound-chart.ts";
import type { OrgChart } from "../org/chart.ts";
import type { Workflow } from "../org/workflow.ts";
import { askRecord } from "../store/ask-record.ts";
import { leaseHolder } from "../store/lease-holder.ts";
import type { ListedRun } from "../store/listings.ts";
import type { Store } from "../store/ports.ts";
import type { AskRow, RunRow } from "../store/rows.ts";
import type { AskView } from "../views/control-room/asks.ts";
import type { ChangesView, RunLine, RunView } from "../views/control-room/runs.ts";
import type { ChartView } from "../views/control-room/project.ts";
import type { Changes } from "../run/api.ts";
import type { Figures } from "./figures.ts";
import type { Mover } from "./mover.ts";

export type Rows = {
  readonly store: Pick<Store, "lines" | "run" | "asks" | "ask">;
  readonly clock: Clock;
  readonly figures: Figures;
  readonly mover: Pick<Mover, "moves" | "troubleOf">;
};

export async function runLine(rows: Rows, run: ListedRun): Promise<RunLine> {
  const { id, status, title, entry, startedAt, rehearsal, asks } = run;
  const mover = await moverOf(rows, id, status);
  return { id, status, title, entry, startedAt, rehearsal, asks, mover, figures: await rows.figures.of(id) };
}

async function moverOf({ store, clock, mover }: Rows, id: RunId, status: RunRow["status"]): Promise<RunLine["mover"]> {
  if (mover.moves(id)) return "here";
  if (status !== "running") return null;
  return (await leaseHolder(store, id, clock.now())) === null ? null : "elsewhere";
}

export async function runView(rows: Rows, run: RunRow): Promise<RunView> {
  const asks = await rows.store.asks({ run: run.id, state: "open" });
  const waiting = asks.map(({ id, kind, role, to, topic }) => ({ id, kind, role, to, topic }));
  const line = await runLine(rows, { ...run, asks: waiting });
  const { brief, workflow, chart, model, startedBy, endedAt, reason, signal, limits, counters, currency } = run;
  const trouble = rows.mover.troubleOf(run.id);
  return {
    ...line,
    brief,
    workflow,
    chart,
    model,
    startedBy,
    endedAt,
    reason,
    signal,
    limits,
    counters,
    currency,
    trouble,
  };
}

export function askView(ask: AskRow, { title, currency }: Pick<RunRow, "title" | "currency">, clock: Clock): AskView {
  // The record of the command line's documents, which this type describes.
  const record = askRecord(ask, clock) as Omit<AskView, "state" | "decision" | "title" | "currency">;
  return { ...record, state: ask.state, decision: ask.decision, title, currency };
}

export function chartView(
  chart: OrgChart,
  workflow: Workflow | null,
  granted: (slug: string) => readonly string[],
): ChartView {
  return {
    hash: chart.hash,
    entry: workflow?.entry ?? null,
    roles: chart.roles.map(({ slug, name, description, level, rank, department, model, toolGroups, file }) => ({
      slug,
      name,
      description,
      level,
      rank,
      department,
      model,
      toolGroups,
      file,
      granted: granted(slug),
      staffedBy: workflow?.staffing[slug]?.by ?? "model",
    })),
    routes: chart.routes,
  };
}

export function boundChartView(bound: BoundChart): ChartView {
  const own = new Map(bound.chart.roles.map((role) => [role.slug, role.toolGroups]));
  return chartView(bound.chart, bound.workflow, (slug) =>
    groupsOf(bound, slug).filter((group) => own.get(slug)?.includes(group) !== true),
  );
}

export function changesView({ set, files, approved }: Changes): ChangesView {
  return { hash: set.hash, approved, files };
}

/** Changes, or null where the workspace is not on this machine. */
export async function changesOrNone(changes: () => Promise<Changes>): Promise<ChangesView | null> {
  try {
    return changesView(await changes());
  } catch (error) {
    if (isCadreError(error, "folder-missing") || isCadreError(error, "workspace-refused")) return null;
    throw error;
  }
}
