/** The chart of a run: which picture, laid out by the server, with the walk on it. */
import { useCallback, useMemo, useState, type ReactNode } from "react";
import type { ChartView, Placed } from "../../views/control-room.ts";
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
import { directWay } from "../../views/ways.ts";
import { useLoaded, useSource } from "../data/hooks.ts";
import type { FollowedRun } from "../data/use-run.ts";
import { Empty, Loading, Segments } from "../parts/small.tsx";
import { Canvas } from "./canvas.tsx";
import { Legend, toggled } from "./legend.tsx";
import { OrgMapCanvas } from "./org-map.tsx";
import type { DrawnWay } from "./ways.tsx";

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
  const asMap = picture.nodes.length > largestPicture + 1 || (exported && view === "org");
  const options = exported
    ? ([
        ["run", "This run"],
        ["org", "Whole org"],
      ] as const)
    : ([
        ["run", "This run"],
        ["role", "Neighbourhood"],
        ["org", "Whole org"],
      ] as const);
  const steps = useMemo(() => new Map(walked.map((way) => [edgeOfWalk(way).id, way.steps])), [walked]);
  const toggle = useCallback((kind: EdgeKind) => setHidden((before) => toggled(before, kind)), []);
  return (
    <div className="chart">
      <div className="chart-bar">
        <Segments label="What is drawn" value={view} options={options} onChange={setView} />
        <Legend hidden={hidden} onToggle={toggle} />
      </div>
      {view === "role" && selected === null ? (
        <Empty title="Whose neighbourhood?">
          <p>Choose a role in the picture of this run or in the whole organisation.</p>
        </Empty>
      ) : asMap ? (
        <OrgMapCanvas
          key={view}
          chart={chart}
          ways={mapWays(chart, walked, selected, lit)}
          standings={standings}
          reached={reached}
          marks={none}
          selected={selected}
          onSelect={onSelect}
          hidden={hidden}
          label="The whole organisation with the walk of this run"
        />
      ) : (
        <Placing
          key={`${view} ${view === "role" ? selected : ""}`}
          picture={picture}
          draw={(placed, drawn) => (
            <Canvas
              picture={drawn}
              placed={placed}
              ways={waysOf(drawn, placed, steps, lit)}
              standings={standings}
              reached={reached}
              hidden={hidden}
              selected={selected}
              onSelect={onSelect}
              label="Chart of this run: declared routes faint, walked ones thick with step numbers. The trace says the same in words."
            />
          )}
          otherwise={
            <OrgMapCanvas
              chart={chart}
              ways={mapWays(chart, walked, selected, lit)}
              standings={standings}
              reached={reached}
              marks={none}
              selected={selected}
              onSelect={onSelect}
              hidden={hidden}
              label="The organisation with the walk of this run"
            />
          }
        />
      )}
    </div>
  );
}

const none: ReadonlyMap<string, "error" | "warning"> = new Map();

/** Asks for a layout and keeps what it had until the next one is there. */
export function Placing({
  picture,
  draw,
  otherwise,
}: {
  readonly picture: Picture;
  readonly draw: (placed: Placed, picture: Picture) => ReactNode;
  /** Where there is no layout in time. */
  readonly otherwise: ReactNode;
}): ReactNode {
  const source = useSource();
  const plan = useMemo(
    () => ({
      nodes: picture.nodes.map(({ id, rank, width, height }) => ({ id, rank, width, height })),
      edges: picture.edges.map(({ id, from, to }) => ({ id, from, to })),
    }),
    [picture],
  );
  const key = JSON.stringify(plan);
  const { value, error } = useLoaded(key, () => source.layout(plan));
  const [last, setLast] = useState<{ placed: Placed; picture: Picture } | null>(null);
  if (value && last?.placed !== value) setLast({ placed: value, picture });
  if (value === null || (error !== null && last === null)) return otherwise;
  if (value) return draw(value, picture);
  return last === null ? <Loading what="the chart" /> : draw(last.placed, last.picture);
}

export function waysOf(
  picture: Picture,
  placed: Placed,
  steps: ReadonlyMap<string, readonly number[]>,
  lit: number | null,
  heat?: ReadonlyMap<string, number>,
): DrawnWay[] {
  const points = new Map(placed.edges.map((edge) => [edge.id, edge.points]));
  const places = new Map(placed.nodes.map((node) => [node.id, node]));
  return picture.edges.flatMap((edge): DrawnWay[] => {
    const own = steps.get(edge.id) ?? [];
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    const way = points.get(edge.id) ?? (from && to ? directWay(from, to) : undefined);
    if (!way || way.length < 2) return [];
    return [
      {
        ...edge,
        points: way,
        steps: own,
        lit: lit !== null && own.includes(lit),
        heat: heat ? (heat.get(edge.id) ?? 0) : null,
      },
    ];
  });
}

function mapWays(
  chart: ChartView,
  walked: FollowedRun["walked"],
  selected: string | null,
  lit: number | null,
): Omit<DrawnWay, "points">[] {
  const taken = walked.map((way) => ({
    ...edgeOfWalk(way),
    steps: way.steps,
    lit: lit !== null && way.steps.includes(lit),
    heat: null,
  }));
  const known = new Set(taken.map(({ id }) => id));
  const near = chart.routes
    .filter(({ from, to }) => selected !== null && (from === selected || to === selected))
    .map(({ kind, from, to }) => ({ id: `${kind} ${from} ${to}`, kind, from, to, steps: [], lit: false, heat: null }))
    .filter(({ id }) => !known.has(id));
  return [...near, ...taken];
}
