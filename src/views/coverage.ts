/**
 * Which declared routes runs have taken: the chart held against what happened. Pure.
 *
 * V1. A route counts as taken when work or a report went along it, not when an answer came back.
 * V2. What was taken and is no longer declared is named too, and so is every attempt that was refused.
 */
import type { OrgChart, Route } from "../org/chart.ts";
import { counted } from "./counted.ts";
import { edgeRows, edgeText, hanging } from "./edge-rows.ts";
import { visible } from "./escape.ts";
import { painter, type Paint, type TextOptions } from "./paint.ts";
import { columnsOf } from "./text-width.ts";
import type { TraceStep } from "./trace/step.ts";

/** How often something happened, and in how many runs. */
export type Walks = { readonly times: number; readonly runs: number };
export type WalkedEdge = Walks & {
  readonly kind: Route["kind"] | "refusal";
  readonly from: string;
  readonly to: string;
};

export type RouteCoverage = {
  readonly runs: number;
  /** Every declared route, in the chart's order. */
  readonly routes: readonly { readonly route: Route; readonly walked: Walks }[];
  /** Taken, and not declared any more. */
  readonly gone: readonly WalkedEdge[];
  readonly refused: readonly WalkedEdge[];
};

const kinds: ReadonlyMap<TraceStep["kind"], WalkedEdge["kind"]> = new Map([
  ["delegation", "delegation"],
  ["escalation", "escalation"],
  ["report", "report"],
  ["copy", "report"],
  ["refusal", "refusal"],
] as const);

const never: Walks = { times: 0, runs: 0 };

/** `runs`: the steps of each run. */
export function routeCoverage(chart: OrgChart, runs: readonly (readonly TraceStep[])[]): RouteCoverage {
  const edges = new Map<string, WalkedEdge>();
  for (const steps of runs) {
    const inThis = new Set<string>();
    for (const step of steps) {
      const kind = kinds.get(step.kind);
      if (kind === undefined || step.to === null) continue;
      const { from, to } = step;
      const key = keyOf(kind, from, to);
      const before = edges.get(key) ?? { kind, from, to, ...never };
      edges.set(key, { ...before, times: before.times + 1, runs: before.runs + (inThis.has(key) ? 0 : 1) });
      inThis.add(key);
    }
  }
  const routes = chart.routes.map((route) => {
    const { times, runs: inRuns } = edges.get(keyOf(route.kind, route.from, route.to)) ?? never;
    return { route, walked: { times, runs: inRuns } };
  });
  const declared = new Set(chart.routes.map((route) => keyOf(route.kind, route.from, route.to)));
  const others = [...edges].filter(([key]) => !declared.has(key)).map(([, edge]) => edge);
  return {
    runs: runs.length,
    routes,
    // A report goes back along its edge whether or not `reports_to` names the reader: that is no route of its own.
    gone: others.filter(({ kind }) => kind === "delegation" || kind === "escalation"),
    refused: others.filter(({ kind }) => kind === "refusal"),
  };
}

function keyOf(kind: WalkedEdge["kind"], from: string, to: string): string {
  return JSON.stringify([kind, from, to]);
}

export function renderCoverage(coverage: RouteCoverage, options: TextOptions): string {
  const paint = painter(options.colour);
  const taken = coverage.routes.filter(({ walked }) => walked.times > 0);
  const idle = coverage.routes.filter(({ walked }) => walked.times === 0);
  const width = Math.max(0, ...coverage.routes.map(({ route }) => columnsOf(edgeText(route))));
  const row = (edge: Edge, said: readonly string[]): string[] =>
    edgeRows(edge, said, { width: options.width, pad: width, paint: (text) => paint("dim", text) });
  const ruleOf = ({ purpose, file, line }: Route): string => `“${visible(purpose)}”  ${visible(file)}:${line}`;
  return [
    ...hanging("", `${taken.length} of ${coverage.routes.length} declared routes were taken in ${counted(coverage.runs, "run")}`, options.width), // prettier-ignore
    ...section(
      "Taken",
      taken.flatMap(({ route, walked }) => row(route, [timesText(walked), ruleOf(route)])),
      paint,
    ),
    ...section(
      "Never taken",
      idle.flatMap(({ route }) => row(route, [ruleOf(route)])),
      paint,
    ),
    ...section(
      "Taken, and no longer declared",
      coverage.gone.flatMap((edge) => row(edge, [timesText(edge)])),
      paint,
    ),
    ...section(
      "Refused",
      coverage.refused.flatMap((edge) => row(edge, [timesText(edge)])),
      paint,
    ),
  ].join("\n");
}

type Edge = Pick<WalkedEdge, "kind" | "from" | "to">;

function timesText({ times, runs }: Walks): string {
  return `${times} times in ${counted(runs, "run")}`.replace(/^1 times/, "once");
}

function section(title: string, rows: readonly string[], paint: Paint): string[] {
  return rows.length === 0 ? [] : ["", paint("bold", title), ...rows];
}
