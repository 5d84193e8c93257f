/** Everything of a run that its file holds. */
import type { Cadre } from "../cadre/api.ts";
import { CadreError } from "../errors.ts";
import { planOf } from "../layout/elk-graph.ts";
import type { Placer } from "../layout/place.ts";
import { isoTime, type Clock } from "../clock.ts";
import type { RunRow } from "../store/rows.ts";
import type { ExportView } from "../views/control-room/export.ts";
import { renderJournal } from "../views/journal/journal.ts";
import { pictureOfRun } from "../views/picture.ts";
import { traceSteps } from "../views/trace/trace.ts";
import { walkedRoutes } from "../views/walked.ts";
import { askView, boundChartView, changesOrNone, runView } from "./documents.ts";
import { openFigures } from "./figures.ts";

export type ExportDeps = {
  readonly cadre: Pick<Cadre, "store" | "changes" | "verify">;
  readonly placer: Placer;
  readonly clock: Clock;
  readonly version: string;
};

/** Errors: store-corrupt. */
export async function exportRun({ cadre, placer, clock, version }: ExportDeps, run: RunRow): Promise<ExportView> {
  const { store } = cadre;
  const bound = await store.chart(run.chart);
  if (!bound) throw new CadreError("store-corrupt", `the chart of ${run.id} is not in the store`);
  const events = await store.runEvents(run.id);
  const chart = boundChartView(bound);
  const picture = pictureOfRun(chart, walkedRoutes(traceSteps(events)));
  const verified = await cadre.verify(run.id);
  const rows = { store, clock, figures: openFigures(store), mover: { moves: () => false, troubleOf: () => null } };
  return {
    schema: "cadre.export/1",
    exportedAt: isoTime(clock),
    version,
    run: await runView(rows, run),
    chart,
    placed: await placer.place(planOf(picture)),
    events,
    asks: (await store.asks({ run: run.id })).map((ask) => askView(ask, run, clock)),
    changes: await changesOrNone(() => cadre.changes(run.id)),
    journal: {
      pages: [...renderJournal({ run, brief: run.brief, events, project: null })]
        .filter(([path]) => path.endsWith(".md"))
        .map(([path, text]) => ({ path, text })),
    },
    verified: { ok: verified.ok, events: verified.events, problems: verified.problems.map(({ what }) => what) },
  };
}
