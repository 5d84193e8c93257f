/**
 * A report: what was asked and what came of it. What was measured stands apart from what is said, each figure with its receipt; a claim
 * without one says so.
 */
import type { ReactNode } from "react";
import { figureText } from "../../events/figure.ts";
import type { MeasurementOutcome, RunOutcome } from "../../views/outcome.ts";
import { Markdown } from "./markdown.tsx";
import { DoneSign, WarningSign } from "./icons.tsx";
import { shown } from "./words.ts";

type Report = NonNullable<RunOutcome["report"]>;
type Criterion = { readonly id: string; readonly text?: string; readonly status: string; readonly evidence: string };

export function ReportView({
  report,
  receipts,
  criteria = report.criteria,
}: {
  readonly report: Report;
  /** Held against the ledger; null: not here. */
  readonly receipts: readonly MeasurementOutcome[] | null;
  readonly criteria?: readonly Criterion[];
}): ReactNode {
  return (
    <div className="report">
      <Markdown text={report.summary} />
      {criteria.length === 0 ? null : <Criteria rows={criteria} />}
      {receipts === null ? <Claims report={report} /> : <Measured rows={receipts} />}
      {report.limitations.length === 0 ? null : (
        <>
          <h4>Limitations</h4>
          <ul>
            {report.limitations.map((text, at) => (
              <li key={at}>{shown(text)}</li>
            ))}
          </ul>
        </>
      )}
      {Object.entries(report.sections).map(([name, text]) => (
        <details key={name} className="more">
          <summary>{shown(name)}</summary>
          <Markdown text={text} />
        </details>
      ))}
    </div>
  );
}

function Criteria({ rows }: { readonly rows: readonly Criterion[] }): ReactNode {
  return (
    <div className="scrolls" tabIndex={0} role="group" aria-label="criteria">
      <table className="criteria">
        <thead>
          <tr>
            <th>Criterion</th>
            <th>Came to</th>
            <th>Evidence</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, text, status, evidence }) => (
            <tr key={id}>
              <td>
                <code>{shown(id)}</code> {shown(text ?? "")}
              </td>
              <td>
                <span className={`verdict verdict-${status}`}>{status.replaceAll("_", " ")}</span>
              </td>
              <td>{shown(evidence)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Claims({ report }: { readonly report: Report }): ReactNode {
  if (report.measurements.length === 0) return null;
  return (
    <>
      <h4>Measured</h4>
      <ul className="figures">
        {report.measurements.map((measured, at) => (
          <li key={at}>
            {shown(measured.name)} <strong>{shown(figureText(measured))}</strong>{" "}
            <code className="muted">{shown(measured.effect)}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Only what a receipt holds is a fact. */
function Measured({ rows }: { readonly rows: readonly MeasurementOutcome[] }): ReactNode {
  if (rows.length === 0) return null;
  return (
    <>
      <h4>Measured</h4>
      <div className="scrolls" tabIndex={0} role="group" aria-label="measurements">
        <table className="measurements">
          <tbody>
            {rows.map((row, at) => (
              <tr key={at} className={row.receipt?.holds === true ? "" : "unproven"}>
                <td>{shown(row.name)}</td>
                <td className="value">{shown(figureText(row))}</td>
                <td>
                  {row.receipt?.holds === true ? (
                    <span className="receipt">
                      <DoneSign /> step {row.receipt.step.n}, <code>{shown(row.effect)}</code>
                    </span>
                  ) : (
                    <span className="receipt">
                      <WarningSign />{" "}
                      {row.receipt === null ? "claimed, no receipt" : "its receipt holds another figure"}
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
