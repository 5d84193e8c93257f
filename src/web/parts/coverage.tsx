/**
 * Which declared routes were ever taken: by runs, and by the rehearsal of the project's briefs, which is done here on request. It is held by
 * this page alone, and nothing of it is kept.
 */
import { useState, type ReactNode } from "react";
import type { ChartView, RehearsalView } from "../../views/control-room/project.ts";
import { useDoing, useSource, useSurroundings } from "../data/hooks.ts";
import { routeId, type ModesPartProps } from "./modes-part.ts";
import { Command, ErrorNote, FilePlace, RuleQuote, Segments } from "./small.tsx";
import { namesOf, type Names } from "./trace-list.tsx";
import { kindWords, plural, shown } from "./words.ts";

type Progress = { readonly done: number; readonly of: number; readonly file: string };

export function Coverage({ modes: { chart }, coverage, onSelect }: ModesPartProps): ReactNode {
  const [told, setTold] = useState<readonly RehearsalView[]>([]);
  const names = namesOf(chart);
  const walked = new Map((coverage?.routes ?? []).map((route) => [routeId(route), route]));
  const rows = chart.routes.map((route): Row => {
    const own = told.map(({ routes }) => routes.find((each) => routeId(each) === routeId(route)));
    return {
      route,
      runs: walked.get(routeId(route))?.times ?? 0,
      rehearsed: told.length === 0 ? null : own.reduce((sum, each) => sum + (each?.times ?? 0), 0),
      reachable: told.length === 0 || own.some((each) => each?.reachable === true),
    };
  });
  const where = `in ${plural(coverage?.runs ?? 0, "run")}${told.length === 0 ? "" : ` and ${plural(told.length, "rehearsed brief")}`}`;
  return (
    <div className="table-page">
      <Rehearsal told={told} onTold={setTold} names={names} />
      <Routes rows={rows} where={where} names={names} onSelect={onSelect} />
      <Command rest="graph --walked" />
    </div>
  );
}

function Rehearsal({
  told,
  onTold,
  names,
}: {
  readonly told: readonly RehearsalView[];
  readonly onTold: (told: readonly RehearsalView[]) => void;
  readonly names: Names;
}): ReactNode {
  const source = useSource();
  const { session } = useSurroundings();
  const doing = useDoing();
  const [progress, setProgress] = useState<Progress | null>(null);
  const rehearse = (): void =>
    doing.run(async () => {
      let all: readonly RehearsalView[] = [];
      onTold(all);
      try {
        const files = await source.briefs();
        // One after the other, so that each is told as soon as it has ended.
        for (const [done, file] of files.entries()) {
          setProgress({ done, of: files.length, file });
          all = [...all, await source.rehearse({ briefs: [file] })];
          onTold(all);
        }
      } finally {
        setProgress(null);
      }
    });
  const again = told.length > 0 && !doing.busy;
  return (
    <section className="rehearse" aria-label="Rehearsal">
      <div className="rehearse-head">
        <button
          type="button"
          className={again ? "" : "primary"}
          disabled={doing.busy || !session.user.may.includes("run")}
          onClick={rehearse}
        >
          {doing.busy ? "Rehearsing…" : again ? "Rehearse again" : "Rehearse every brief"}
        </button>
        <p className="muted" role="status">
          {progress === null
            ? "Each brief is walked to its end in a scratch folder: no model is called, a stand-in answers for people, and nothing is kept."
            : `${progress.done + 1} of ${progress.of}: ${shown(progress.file)}`}
        </p>
      </div>
      <Command rest="rehearse" />
      {doing.error === null ? null : <ErrorNote error={doing.error} onClose={doing.clear} />}
      <Briefs briefs={told.flatMap(({ briefs }) => briefs)} names={names} />
    </section>
  );
}

type Row = {
  readonly route: ChartView["routes"][number];
  readonly runs: number;
  /** Null: nothing was rehearsed here yet. */
  readonly rehearsed: number | null;
  readonly reachable: boolean;
};
type Scope = "idle" | "taken" | "all";

function Routes({
  rows,
  where,
  names,
  onSelect,
}: {
  readonly rows: readonly Row[];
  readonly where: string;
  readonly names: Names;
  readonly onSelect: (role: string) => void;
}): ReactNode {
  const [scope, setScope] = useState<Scope>("idle");
  const taken = rows.filter(({ runs, rehearsed }) => runs + (rehearsed ?? 0) > 0);
  const idle = rows.filter((row) => !taken.includes(row));
  const listed = { all: rows, idle, taken }[scope];
  return (
    <>
      <div className="trace-head">
        <Segments
          label="Which routes"
          value={scope}
          options={[
            ["idle", `Never taken ${idle.length}`],
            ["taken", `Taken ${taken.length}`],
            ["all", `All ${rows.length}`],
          ]}
          onChange={setScope}
        />
        <span className="muted">{where}</span>
      </div>
      {listed.length === 0 ? <p className="muted">None.</p> : null}
      {listed.length === 0 ? null : (
        <div className="scrolls" tabIndex={0} role="group" aria-label="routes">
          <table className="roles covered">
            <thead>
              <tr>
                <th>Route</th>
                <th>What it is for</th>
                <th className="value">In runs</th>
                <th className="value">Rehearsed</th>
              </tr>
            </thead>
            <tbody>
              {listed.map(({ route, runs, rehearsed, reachable }) => (
                <tr key={routeId(route)}>
                  <td>
                    <button type="button" className="link" onClick={() => onSelect(route.from)}>
                      {names(route.from)}
                    </button>{" "}
                    <span className={`kind-word tone-${route.kind}`}>{verbs[route.kind]}</span> {names(route.to)}
                    {reachable ? null : <div className="problem-count">no brief can: nothing leads to this role</div>}
                  </td>
                  <td>
                    <q>{shown(route.purpose)}</q> <FilePlace file={route.file} line={route.line} />
                  </td>
                  <td className="value">{timesWords(runs)}</td>
                  <td className="value">{rehearsed === null ? "not rehearsed" : timesWords(rehearsed)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function timesWords(times: number): string {
  return times === 0 ? "–" : `${times}×`;
}

const verbs = { delegation: "delegates to", escalation: "escalates to", report: "reports to" } as const;

/** How each ended, and whom it would have asked. */
function Briefs({ briefs, names }: { readonly briefs: RehearsalView["briefs"]; readonly names: Names }): ReactNode {
  if (briefs.length === 0) return null;
  return (
    <ul className="rehearsed">
      {briefs.map(({ brief, title, entry, status, steps, people }) => (
        <li key={brief}>
          <details className="more">
            <summary>
              <strong>{shown(title)}</strong> {names(entry)}, {plural(steps, "step")},{" "}
              {status === "waiting" ? "asks in circles" : status};{" "}
              {people.length === 0 ? "asks nobody" : `asks people ${people.length}×`}
            </summary>
            <ul className="rehearsed-asks">
              {people.map(({ kind, role, to, topic, rule }, at) => (
                <li key={at}>
                  {kindWords(kind)} from {names(role)} to {names(to)}: {shown(topic)}
                  <RuleQuote rule={rule} kind="escalation" />
                </li>
              ))}
            </ul>
          </details>
        </li>
      ))}
    </ul>
  );
}
