/**
 * Which declared routes were ever taken: by runs, and by the rehearsal of the project's briefs, which is done here on request. It is held by
 * this page alone, and nothing of it is kept.
 */
import { useState, type ReactNode } from "react";
import type { RehearsalView } from "../../views/control-room.ts";
import { useDoing, useSource, useSurroundings } from "../data/hooks.ts";
import { routeId, type ModesPartProps } from "./modes-part.ts";
import { Command, ErrorNote, FilePlace, RuleQuote, Segments } from "./small.tsx";
import { namesOf, type Names } from "./trace-list.tsx";
import { kindWords, plural, shown } from "./words.ts";

type Scope = "idle" | "taken" | "all";
type Progress = { readonly done: number; readonly of: number; readonly file: string };

export function Coverage({ modes: { chart }, coverage, onSelect }: ModesPartProps): ReactNode {
  const source = useSource();
  const { session } = useSurroundings();
  const doing = useDoing();
  const [scope, setScope] = useState<Scope>("idle");
  const [progress, setProgress] = useState<Progress | null>(null);
  const [told, setTold] = useState<readonly RehearsalView[]>([]);
  const names = namesOf(chart);
  const rehearse = (): void =>
    doing.run(async () => {
      setTold([]);
      try {
        const files = await source.briefs();
        // One after the other, so that each is told as soon as it has ended.
        for (const [done, file] of files.entries()) {
          setProgress({ done, of: files.length, file });
          const one = await source.rehearse({ briefs: [file] });
          setTold((before) => [...before, one]);
        }
      } finally {
        setProgress(null);
      }
    });
  const walked = new Map((coverage?.routes ?? []).map((route) => [routeId(route), route]));
  const rows = chart.routes.map((route) => {
    const id = routeId(route);
    const own = told.map(({ routes }) => routes.find((each) => routeId(each) === id));
    return {
      route,
      id,
      runs: walked.get(id)?.times ?? 0,
      rehearsed: own.reduce((sum, each) => sum + (each?.times ?? 0), 0),
      reachable: told.length === 0 || own.some((each) => each?.reachable === true),
    };
  });
  const idle = rows.filter(({ runs, rehearsed }) => runs + rehearsed === 0);
  const shownRows = scope === "all" ? rows : scope === "idle" ? idle : rows.filter((row) => !idle.includes(row));
  return (
    <div className="table-page">
      <section className="rehearse" aria-label="Rehearsal">
        <div className="rehearse-head">
          <button
            type="button"
            className={told.length === 0 ? "primary" : ""}
            disabled={doing.busy || !session.user.may.includes("run")}
            onClick={rehearse}
          >
            {doing.busy ? "Rehearsing…" : told.length === 0 ? "Rehearse every brief" : "Rehearse again"}
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
      <div className="trace-head">
        <Segments
          label="Which routes"
          value={scope}
          options={[
            ["idle", `Never taken ${idle.length}`],
            ["taken", `Taken ${rows.length - idle.length}`],
            ["all", `All ${rows.length}`],
          ]}
          onChange={setScope}
        />
        <span className="muted">
          in {plural(coverage?.runs ?? 0, "run")}
          {told.length === 0 ? "" : ` and ${plural(told.length, "rehearsed brief")}`}
        </span>
      </div>
      {shownRows.length === 0 ? <p className="muted">None.</p> : null}
      {shownRows.length === 0 ? null : (
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
              {shownRows.map(({ route, id, runs, rehearsed, reachable }) => (
                <tr key={id}>
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
                  <td className="value">{runs === 0 ? "–" : `${runs}×`}</td>
                  <td className="value">
                    {told.length === 0 ? "not rehearsed" : rehearsed === 0 ? "–" : `${rehearsed}×`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Command rest="graph --walked" />
    </div>
  );
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
