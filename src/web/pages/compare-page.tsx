/** Two runs beside each other: what differs first. It says nowhere which one is better. */
import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { compareRuns, type ComparedRow } from "../../views/compare.ts";
import type { RunLine } from "../../views/control-room/runs.ts";
import { useLoaded, useSource } from "../data/hooks.ts";
import { Command, Empty, Segments, Waiting } from "../parts/small.tsx";
import { plural, shown } from "../parts/words.ts";

export function ComparePage({
  one,
  other,
}: {
  readonly one: string | undefined;
  readonly other: string | undefined;
}): ReactNode {
  const source = useSource();
  const runs = useLoaded("runs", () => source.runs());
  const [, go] = useLocation();
  if (!runs.value) return <Waiting error={runs.error} what="the runs" reload={runs.reload} />;
  const first = one ?? runs.value[1]?.id;
  const second = other ?? runs.value[0]?.id;
  return (
    <div className="page compare-page">
      <header className="page-head">
        <h1>Compare</h1>
        <Choice
          label="One run"
          runs={runs.value}
          value={first}
          onChange={(next) => go(`/compare/${next}/${second ?? next}`)}
        />
        <Choice
          label="The other"
          runs={runs.value}
          value={second}
          onChange={(next) => go(`/compare/${first ?? next}/${next}`)}
        />
      </header>
      {first === undefined || second === undefined || first === second ? (
        <Empty title="Two runs are needed">
          <p>
            Start the same brief again with another model, another chart or another answer, and hold them against each
            other.
          </p>
        </Empty>
      ) : (
        <Rows one={first} other={second} />
      )}
    </div>
  );
}

function Choice({
  label,
  runs,
  value,
  onChange,
}: {
  readonly label: string;
  readonly runs: readonly RunLine[];
  readonly value: string | undefined;
  readonly onChange: (run: string) => void;
}): ReactNode {
  return (
    <label className="inline-field">
      <span>{label}</span>
      <select value={value ?? ""} onChange={(event) => onChange(event.target.value)}>
        {runs.map(({ id, title, status }) => (
          <option key={id} value={id}>
            {id} {shown(title)} ({status})
          </option>
        ))}
      </select>
    </label>
  );
}

function Rows({ one, other }: { readonly one: string; readonly other: string }): ReactNode {
  const source = useSource();
  const [scope, setScope] = useState<"differ" | "all">("differ");
  const { value, error, reload } = useLoaded(`compare ${one} ${other}`, async () => {
    const [first, second] = await Promise.all([source.events(one), source.events(other)]);
    return compareRuns(first.events, second.events);
  });
  if (!value) return <Waiting error={error} what="both runs" reload={reload} />;
  const differing = value.filter(differs);
  const shownRows = scope === "all" ? value : differing;
  return (
    <div className="compare">
      <div className="compare-bar">
        <Segments
          label="Which rows"
          value={scope}
          options={[
            ["differ", `${differing.length} differ`],
            ["all", `All ${value.length}`],
          ]}
          onChange={setScope}
        />
        <span className="muted">{plural(value.length - differing.length, "row")} the same</span>
      </div>
      <div className="scrolls" tabIndex={0} role="group" aria-label="comparison">
        <table className="compared">
          <thead>
            <tr>
              <th>What</th>
              <th>
                <Link href={`/runs/${one}`}>{one}</Link>
              </th>
              <th>
                <Link href={`/runs/${other}`}>{other}</Link>
              </th>
            </tr>
          </thead>
          {[...Map.groupBy(shownRows, ({ section }) => section)].map(([section, rows]) => (
            <tbody key={section}>
              <tr className="section">
                <th colSpan={3} scope="rowgroup">
                  {section}
                </th>
              </tr>
              {rows.map((row) => (
                <tr key={row.what} className={differs(row) ? "differs" : ""}>
                  <td>{shown(row.what)}</td>
                  <td>{row.one === null ? <span className="muted">–</span> : shown(row.one)}</td>
                  <td>{row.other === null ? <span className="muted">–</span> : shown(row.other)}</td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
      <Command rest={`compare ${one} ${other}`} />
    </div>
  );
}

function differs({ one, other }: ComparedRow): boolean {
  return one !== other;
}
