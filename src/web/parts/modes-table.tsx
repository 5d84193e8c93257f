/** The organisation as a table, with how its roles were used. */
import { useState, type ReactNode } from "react";
import { plainName } from "../../views/picture.ts";
import type { ModesPartProps } from "./modes-part.ts";
import { Command } from "./small.tsx";
import { figureWords, shown } from "./words.ts";

export function ModesTable({ modes: { chart, problems }, coverage, selected, onSelect }: ModesPartProps): ReactNode {
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
                <td className="value">{problems.filter((problem) => problem.file === file).length || "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length === 0 ? <p className="muted">No role is like that.</p> : null}
      <Command rest="graph --verbose" />
    </div>
  );
}
