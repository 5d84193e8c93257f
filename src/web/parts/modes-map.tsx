/** The organisation as a picture: all of it, a role's neighbourhood, or how warm its routes are over many runs. */
import { useCallback, useMemo, useState, type ReactNode } from "react";
import type { ChartView, CoverageView, ProblemView } from "../../views/control-room/project.ts";
import { largestPicture, pictureOfChart, pictureOfRole, type EdgeKind } from "../../views/picture.ts";
import type { Standing } from "../../views/standing.ts";
import { Drawing, onlyDeclared } from "../chart/drawing.tsx";
import { Legend, toggled } from "../chart/legend.tsx";
import { routeId, type ModesPartProps } from "./modes-part.ts";
import { Segments } from "./small.tsx";
import { plural } from "./words.ts";

type View = "org" | "role" | "heat";

const noStandings: ReadonlyMap<string, Standing> = new Map();

export function ModesMap({ modes: { chart, problems }, coverage, selected, onSelect }: ModesPartProps): ReactNode {
  const [view, setView] = useState<View>("org");
  const [hidden, setHidden] = useState<ReadonlySet<EdgeKind>>(new Set(["report"]));
  const toggle = useCallback((kind: EdgeKind) => setHidden((before) => toggled(before, kind)), []);
  const marks = useMemo(() => marksOf(chart, problems), [chart, problems]);
  const heat = useMemo(() => heatOf(coverage), [coverage]);
  const role = view === "role" && selected !== null ? selected : null;
  const picture = useMemo(
    () => (role === null ? pictureOfChart(chart, { reports: !hidden.has("report") }) : pictureOfRole(chart, role)),
    [chart, role, hidden],
  );
  const heatAt = (id: string): number | null => (view === "heat" ? (heat.get(id) ?? 0) : null);
  return (
    <div className="chart">
      <div className="chart-bar">
        <Segments
          label="What is drawn"
          value={view}
          options={[
            ["org", "Organisation"],
            ["role", "Neighbourhood"],
            ["heat", `Walked in ${plural(coverage?.runs ?? 0, "run")}`],
          ]}
          onChange={setView}
        />
        <Legend hidden={hidden} onToggle={toggle} />
      </div>
      <Drawing
        chart={chart}
        picture={picture}
        asMap={picture.nodes.length > largestPicture + 1}
        name={`${role}`}
        wayState={(id) => ({ ...onlyDeclared, heat: heatAt(id) })}
        mapWays={chart.routes
          .filter((route) =>
            view === "heat" ? (heat.get(routeId(route)) ?? 0) > 0 : route.from === selected || route.to === selected,
          )
          .map((route) => ({
            id: routeId(route),
            kind: route.kind,
            from: route.from,
            to: route.to,
            ...onlyDeclared,
            heat: heatAt(routeId(route)),
          }))}
        standings={noStandings}
        reached={null}
        marks={marks}
        selected={selected}
        onSelect={onSelect}
        hidden={hidden}
        label="The organisation and its declared routes. The table lists the same."
        mapLabel="The organisation by rank and department"
      />
      {view === "role" && selected === null ? (
        <p className="chart-hint">Choose a role to see its neighbourhood.</p>
      ) : null}
    </div>
  );
}

function marksOf(chart: ChartView, problems: readonly ProblemView[]): ReadonlyMap<string, "error" | "warning"> {
  const marks = new Map<string, "error" | "warning">();
  const files = new Map(chart.roles.map(({ slug, file }) => [file, slug]));
  for (const { file, severity } of problems) {
    const slug = files.get(file);
    if (slug === undefined || severity === "info") continue;
    if (severity === "error" || !marks.has(slug)) marks.set(slug, severity);
  }
  return marks;
}

/** 0 to 1, against the route that was taken most. */
function heatOf(coverage: CoverageView | undefined): ReadonlyMap<string, number> {
  const routes = coverage?.routes ?? [];
  const most = Math.max(1, ...routes.map(({ times }) => times));
  return new Map(routes.map((route) => [routeId(route), route.times / most]));
}
