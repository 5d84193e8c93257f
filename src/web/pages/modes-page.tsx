/** The organisation as its files declare it: a map, a table, what is wrong with it, and what a role is told. */
import { useCallback, useMemo, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import type { ChartView, CoverageView, ModesView, ProblemView } from "../../views/control-room.ts";
import { largestPicture, pictureOfChart, pictureOfRole, plainName, type EdgeKind } from "../../views/picture.ts";
import type { Standing } from "../../views/standing.ts";
import { Canvas } from "../chart/canvas.tsx";
import { Legend, toggled } from "../chart/legend.tsx";
import { OrgMapCanvas } from "../chart/org-map.tsx";
import { Placing, waysOf } from "../chart/run-chart.tsx";
import { useLoaded, useSource } from "../data/hooks.ts";
import { RolePanel } from "../parts/role-panel.tsx";
import { Command, FilePlace, Segments, Waiting } from "../parts/small.tsx";
import { figureWords, plural, shown } from "../parts/words.ts";

export type ModesTab = "map" | "table" | "problems";
const noStandings: ReadonlyMap<string, Standing> = new Map();
const noSteps: ReadonlyMap<string, readonly number[]> = new Map();
const nobody: ReadonlySet<string> = new Set();

export function ModesPage({ tab }: { readonly tab: ModesTab }): ReactNode {
  const source = useSource();
  const { value, error, reload } = useLoaded("modes", () => source.modes());
  const coverage = useLoaded("coverage", () => source.coverage());
  const [selected, setSelected] = useState<string | null>(null);
  const [, go] = useLocation();
  const select = useCallback((role: string | null) => setSelected((before) => (before === role ? null : role)), []);
  if (!value) return <Waiting error={error} what="the modes" reload={reload} />;
  const { chart, problems } = value;
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.filter(({ severity }) => severity === "warning").length;
  return (
    <div className="page modes-page">
      <header className="page-head">
        <h1>Modes</h1>
        <p className="muted">
          {plural(chart.roles.length, "role")} · {plural(chart.routes.length, "route")} · {plural(errors, "error")},{" "}
          {plural(warnings, "warning")}
        </p>
        <Segments
          label="What is shown"
          value={tab}
          options={[
            ["map", "Map"],
            ["table", "Table"],
            ["problems", `Problems ${problems.length}`],
          ]}
          onChange={(next) => go(`/modes/${next}`)}
        />
      </header>
      <div className={`modes${selected === null ? "" : " modes-with-role"}`}>
        {tab === "map" ? (
          <ModesMap modes={value} coverage={coverage.value} selected={selected} onSelect={select} />
        ) : tab === "table" ? (
          <ModesTable modes={value} coverage={coverage.value} selected={selected} onSelect={select} />
        ) : (
          <Problems problems={problems} />
        )}
        {selected === null || tab === "problems" ? null : (
          <RolePanel
            key={selected}
            chart={chart}
            slug={selected}
            problems={problems}
            coverage={coverage.value}
            onClose={() => setSelected(null)}
          />
        )}
      </div>
    </div>
  );
}

type View = "org" | "role" | "heat";

function ModesMap({
  modes: { chart, problems },
  coverage,
  selected,
  onSelect,
}: {
  readonly modes: ModesView;
  readonly coverage: CoverageView | undefined;
  readonly selected: string | null;
  readonly onSelect: (role: string | null) => void;
}): ReactNode {
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
  const large = picture.nodes.length > largestPicture + 1;
  const all = useMemo(() => new Set(chart.roles.map(({ slug }) => slug)), [chart]);
  const map = (
    <OrgMapCanvas
      chart={chart}
      ways={chart.routes
        .filter(({ from, to, kind }) =>
          view === "heat" ? (heat.get(`${kind} ${from} ${to}`) ?? 0) > 0 : from === selected || to === selected,
        )
        .map(({ kind, from, to }) => ({
          id: `${kind} ${from} ${to}`,
          kind,
          from,
          to,
          steps: [],
          lit: false,
          heat: view === "heat" ? (heat.get(`${kind} ${from} ${to}`) ?? 0) : null,
        }))}
      standings={noStandings}
      reached={nobody}
      marks={marks}
      selected={selected}
      onSelect={onSelect}
      hidden={hidden}
      label="The organisation by rank and department"
    />
  );
  return (
    <div className="chart">
      <div className="chart-bar">
        <Segments
          label="What is drawn"
          value={view}
          options={[
            ["org", "Organisation"],
            ["role", "Neighbourhood"],
            ["heat", `Walked in ${coverage?.runs ?? 0} runs`],
          ]}
          onChange={setView}
        />
        <Legend hidden={hidden} onToggle={toggle} />
      </div>
      {large ? (
        map
      ) : (
        <Placing
          key={`${role}`}
          picture={picture}
          draw={(placed, drawn) => (
            <Canvas
              picture={drawn}
              placed={placed}
              ways={waysOf(drawn, placed, noSteps, null, view === "heat" ? heat : undefined)}
              standings={noStandings}
              reached={all}
              hidden={hidden}
              selected={selected}
              onSelect={onSelect}
              label="The organisation and its declared routes. The table lists the same."
            />
          )}
          otherwise={map}
        />
      )}
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
  return new Map(routes.map(({ kind, from, to, times }) => [`${kind} ${from} ${to}`, times / most]));
}

function ModesTable({
  modes: { chart, problems },
  coverage,
  selected,
  onSelect,
}: {
  readonly modes: ModesView;
  readonly coverage: CoverageView | undefined;
  readonly selected: string | null;
  readonly onSelect: (role: string | null) => void;
}): ReactNode {
  const [words, setWords] = useState("");
  const sought = words.trim().toLowerCase();
  const rows = chart.roles.filter(({ slug, name, level, toolGroups }) =>
    `${slug} ${name} ${level} ${toolGroups.join(" ")}`.toLowerCase().includes(sought),
  );
  const count = (slug: string, side: "from" | "to", kind: string): number =>
    chart.routes.filter((route) => route[side] === slug && route.kind === kind).length;
  const taken = (slug: string): number =>
    (coverage?.routes ?? []).filter(({ to }) => to === slug).reduce((sum, { times }) => sum + times, 0);
  return (
    <div className="table-page">
      <input
        type="search"
        aria-label="Filter roles"
        placeholder="Filter by name, level or tool"
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      <div className="scrolls" tabIndex={0} role="group" aria-label="roles">
        <table className="roles">
          <thead>
            <tr>
              <th>Role</th>
              <th>Level</th>
              <th>Model</th>
              <th className="value">Delegates</th>
              <th className="value">Escalates</th>
              <th className="value">Reports</th>
              <th className="value">Is given work by</th>
              <th className="value">Reached</th>
              <th className="value">Problems</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ slug, name, level, model, file, staffedBy }) => (
              <tr key={slug} className={selected === slug ? "row-here" : ""}>
                <td>
                  <button type="button" className="link" onClick={() => onSelect(slug)}>
                    {shown(plainName(name))}
                  </button>{" "}
                  <code className="muted">{slug}</code>
                </td>
                <td>{shown(level)}</td>
                <td>{staffedBy === "person" ? "a person" : shown(model ?? "as mapped")}</td>
                <td className="value">{count(slug, "from", "delegation")}</td>
                <td className="value">{count(slug, "from", "escalation")}</td>
                <td className="value">{count(slug, "from", "report")}</td>
                <td className="value">{count(slug, "to", "delegation")}</td>
                <td className="value">{coverage === undefined ? "" : figureWords(taken(slug))}</td>
                <td className="value">{problems.filter((problem) => problem.file === file).length || ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Command rest="graph --verbose" />
    </div>
  );
}

function Problems({ problems }: { readonly problems: readonly ProblemView[] }): ReactNode {
  if (problems.length === 0)
    return (
      <div className="table-page">
        <p>Nothing to complain about.</p>
        <Command rest="lint" />
      </div>
    );
  return (
    <div className="table-page">
      <ul className="problems">
        {problems.map((problem, at) => (
          <li key={at} className={`problem problem-${problem.severity}`}>
            <header>
              <span className={`verdict verdict-${problem.severity}`}>{problem.severity}</span>{" "}
              <strong>{shown(problem.message)}</strong>
            </header>
            <p>
              <FilePlace file={problem.file} line={problem.line} /> <code className="muted">{problem.code}</code>
            </p>
            {problem.frame.length === 0 ? null : <pre tabIndex={0}>{problem.frame.join("\n")}</pre>}
            {problem.hint === null ? null : <p className="hint">→ {shown(problem.hint)}</p>}
          </li>
        ))}
      </ul>
      <Command rest="lint" />
    </div>
  );
}
