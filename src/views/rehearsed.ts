/**
 * What rehearsing briefs to their end says about the chart: which routes were exercised, which were not, and which nothing can exercise.
 * Pure.
 *
 * R1. A route that no brief can exercise is one whose role nothing leads to from the entry roles: that is known without walking.
 */
import type { OrgChart, Route } from "../org/chart.ts";
import { withinReach } from "../org/within-reach.ts";
import { plainRoute } from "./chart-document.ts";
import type { RehearsalView } from "./control-room/project.ts";
import { routeCoverage, type RouteCoverage } from "./coverage.ts";
import type { TraceStep } from "./trace/step.ts";

export type RehearsedWalk = {
  /** The brief's file, or its title where it has none. */
  readonly brief: string;
  readonly title: string;
  readonly entry: string;
  readonly status: string;
  readonly steps: readonly TraceStep[];
  readonly people: RehearsalView["briefs"][number]["people"];
};

export type RehearsedChart = {
  readonly coverage: RouteCoverage;
  readonly entries: readonly string[];
  /** R1 */
  readonly never: readonly Route[];
};

/** `entry`: that of the workflow, null where there is none. */
export function rehearsedChart(chart: OrgChart, entry: string | null, walks: readonly RehearsedWalk[]): RehearsedChart {
  const entries = [...new Set([...(entry === null ? [] : [entry]), ...walks.map((walk) => walk.entry)])];
  const reached = withinReach(chart, entries);
  return {
    coverage: routeCoverage(
      chart,
      walks.map(({ steps }) => steps),
    ),
    entries,
    never: chart.routes.filter(({ from }) => !reached.has(from)),
  };
}

export function rehearsalView({ coverage, never }: RehearsedChart, walks: readonly RehearsedWalk[]): RehearsalView {
  return {
    schema: "cadre.rehearse/1",
    rehearsal: true,
    briefs: walks.map(({ steps, ...walk }) => ({ ...walk, steps: steps.length })),
    routes: coverage.routes.map(({ route, walked }) => ({
      ...plainRoute(route),
      times: walked.times,
      briefs: walked.runs,
      reachable: !never.includes(route),
    })),
    refused: coverage.refused,
  };
}
