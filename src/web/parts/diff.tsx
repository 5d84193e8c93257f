/** A file before and after, as the lines that differ and a few around them. */
import { structuredPatch } from "diff";
import { useMemo, type ReactNode } from "react";
import { visibleLines } from "../../views/escape.ts";
import type { ChangesView } from "../../views/control-room/runs.ts";
import { plural, shown } from "./words.ts";

/** Longer ones are opened by whoever wants to read them. */
const opened = 300;
const longest = 4000;

export function FileDiff({ file }: { readonly file: ChangesView["files"][number] }): ReactNode {
  const { path, kind, before, after } = file;
  const rows = useMemo(() => rowsOf(path, before, after), [path, before, after]);
  const added = rows.filter(({ sign }) => sign === "+").length;
  const removed = rows.filter(({ sign }) => sign === "-").length;
  return (
    <details className="diff" open={rows.length <= opened}>
      <summary>
        <span className={`change change-${kind}`}>{kind}</span> <code>{shown(path)}</code>
        <span className="counts">
          <span className="added">+{added}</span> <span className="removed">−{removed}</span>
        </span>
      </summary>
      <div className="scrolls" tabIndex={0} role="group" aria-label={`changes of ${shown(path)}`}>
        <table className="lines">
          <tbody>
            {rows.slice(0, longest).map(({ sign, number, text }, at) => (
              <tr key={at} className={sign === "+" ? "line-added" : sign === "-" ? "line-removed" : ""}>
                <td className="number">{number}</td>
                <td className="mark">{sign}</td>
                <td>
                  <code>{text}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length > longest ? (
          <p className="hint">
            {plural(rows.length - longest, "more line")}: <code>cadre changes</code> shows all.
          </p>
        ) : null}
      </div>
    </details>
  );
}

type Row = { readonly sign: "+" | "-" | " " | "@"; readonly number: string; readonly text: string };

function rowsOf(path: string, before: string | null, after: string | null): Row[] {
  const patch = structuredPatch(path, path, before ?? "", after ?? "", "", "", { context: 3 });
  return patch.hunks.flatMap((hunk, at) => {
    let line = hunk.newStart;
    const rows = hunk.lines
      .filter((text) => !text.startsWith("\\"))
      .map((text): Row => {
        const sign = text.charAt(0) as Row["sign"];
        const number = sign === "-" ? "" : String(line);
        if (sign !== "-") line += 1;
        return { sign, number, text: visibleLines(text.slice(1)).join(" ") };
      });
    return at === 0 ? rows : [{ sign: "@" as const, number: "", text: "⋯" }, ...rows];
  });
}
