/** The chart of a run: which picture, laid out by the server, with the walk on it. */
import { useCallback, useMemo, useState, type ReactNode } from "react";
import type { ChartView } from "../../views/control-room/project.ts";
import {
  edgeOfWalk,
  largestPicture,
  pictureOfChart,
  pictureOfRole,
  pictureOfRun,
  type EdgeKind,
  type Picture,
} from "../../views/picture.ts";
import { standingOf } from "../../views/standing.ts";
import type { FollowedRun } from "../data/use-run.ts";
import { Empty, Segments } from "../parts/small.tsx";
import { Drawing, onlyDeclared } from "./drawing.tsx";
import { Legend, toggled } from "./legend.tsx";
import type { MapWay } from "./org-map.tsx";

type View = "run" | "role" | "org";

export function RunChart({
  chart,
  run,
  selected,
  onSelect,
  lit,
  exported,
}: {
  readonly chart: ChartView;
  readonly run: FollowedRun;
  readonly selected: string | null;
  readonly onSelect: (role: string | null) => void;
  readonly lit: number | null;
  readonly exported: boolean;
}): ReactNode {
  const [view, setView] = useState<View>("run");
  const [hidden, setHidden] = useState<ReadonlySet<EdgeKind>>(new Set());
  const { walked } = run;
  const standings = useMemo(() => standingOf(run.events), [run.events]);
  const reached = useMemo(
    () =>
      new Set(walked.filter(({ kind }) => kind !== "refusal" && kind !== "copy").flatMap(({ from, to }) => [from, to])),
    [walked],
  );
  const own = useMemo(() => pictureOfRun(chart, walked), [chart, walked]);
  const picture = useMemo((): Picture => {
    if (view === "org") return pictureOfChart(chart);
    if (view === "role" && selected !== null) return pictureOfRole(chart, selected);
    return own;
  }, [view, chart, own, selected]);
  const steps = useMemo(() => new Map(walked.map((way) => [edgeOfWalk(way).id, way.steps])), [walked]);
  const toggle = useCallback((kind: EdgeKind) => setHidden((before) => toggled(before, kind)), []);
  return (
    <div className="chart">
      <div className="chart-bar">
        <Segments
          label="What is drawn"
          value={view}
          options={
            exported
              ? [
                  ["run", "This run"],
                  ["org", "Whole org"],
                ]
              : [
                  ["run", "This run"],
                  ["role", "Neighbourhood"],
                  ["org", "Whole org"],
                ]
          }
          onChange={setView}
        />
        <Legend hidden={hidden} onToggle={toggle} />
      </div>
      {view === "role" && selected === null ? (
        <Empty title="Whose neighbourhood?">
          <p>Choose a role in the picture of this run or in the whole organisation.</p>
        </Empty>
      ) : (
        <Drawing
          chart={chart}
          picture={picture}
          asMap={picture.nodes.length > largestPicture + 1 || (exported && view === "org")}
          name={`${view} ${view === "role" ? selected : ""}`}
          wayState={(id) => {
            const taken = steps.get(id) ?? [];
            return { steps: taken, lit: lit !== null && taken.includes(lit), heat: null };
          }}
          mapWays={mapWays(chart, walked, selected, lit)}
          standings={standings}
          reached={reached}
          marks={none}
          selected={selected}
          onSelect={onSelect}
          hidden={hidden}
          label="Chart of this run: declared routes faint, walked ones thick with step numbers. The trace says the same in words."
          mapLabel="The whole organisation with the walk of this run"
        />
      )}
    </div>
  );
}

const none: ReadonlyMap<string, "error" | "warning"> = new Map();

function mapWays(
  chart: ChartView,
  walked: FollowedRun["walked"],
  selected: string | null,
  lit: number | null,
): MapWay[] {
  const taken = walked.map((way) => ({
    ...edgeOfWalk(way),
    steps: way.steps,
    lit: lit !== null && way.steps.includes(lit),
    heat: null,
  }));
  const known = new Set(taken.map(({ id }) => id));
  const near = chart.routes
    .filter(({ from, to }) => selected !== null && (from === selected || to === selected))
    .map(({ kind, from, to }) => ({ id: `${kind} ${from} ${to}`, kind, from, to, ...onlyDeclared }))
    .filter(({ id }) => !known.has(id));
  return [...near, ...taken];
}
