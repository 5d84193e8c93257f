/** What a run made: its report, what was measured with the receipts, and its files before and after. */
import { useMemo, type ReactNode } from "react";
import type { NumberedEvent } from "../../events/numbered.ts";
import type { ChangesView, RunView } from "../../views/control-room/runs.ts";
import { runOutcome, type RunOutcome } from "../../views/outcome.ts";
import { useLoaded, useSource } from "../data/hooks.ts";
import { FileDiff } from "./diff.tsx";
import { ReportView } from "./report.tsx";
import { Command } from "./small.tsx";
import { plural, shown } from "./words.ts";

export function Artifacts({
  run,
  events,
}: {
  readonly run: RunView;
  readonly events: readonly NumberedEvent[];
}): ReactNode {
  const outcome = useMemo(() => runOutcome(events), [events]);
  const mark = outcome.files.map(({ path, after }) => `${path} ${after}`).join();
  return (
    <div className="artifacts">
      <Outcome outcome={outcome} />
      <Files run={run} mark={mark} />
      <Command rest={`changes ${run.id}`} />
    </div>
  );
}

function Outcome({ outcome }: { readonly outcome: RunOutcome }): ReactNode {
  const { report, signedOff, verification, measurements, criteria } = outcome;
  if (report === null) return <p className="muted">No report yet.</p>;
  return (
    <section>
      <h3>
        Report {signedOff ? <span className="verdict verdict-met">signed off</span> : null}
        {verification === null ? null : (
          <span className={`verdict verdict-${verification.verdict === "accept" ? "met" : "not_met"}`}>
            verification: {verification.verdict.replaceAll("_", " ")}
          </span>
        )}
      </h3>
      <ReportView report={report} receipts={measurements} criteria={criteria} />
    </section>
  );
}

/** `mark` changes when the files do. */
function Files({ run, mark }: { readonly run: RunView; readonly mark: string }): ReactNode {
  const source = useSource();
  const { value, error } = useLoaded(`changes ${run.id} ${mark} ${run.status}`, () => source.changes(run.id));
  return (
    <section>
      <h3>Files</h3>
      {value !== undefined ? (
        <FileList changes={value} />
      ) : (
        <p className="muted">{error === null ? "Reading…" : shown(error.message)}</p>
      )}
    </section>
  );
}

function FileList({ changes: { files, hash, approved } }: { readonly changes: ChangesView }): ReactNode {
  if (files.length === 0) return <p className="muted">No file was changed.</p>;
  return (
    <>
      <p className="muted">
        {plural(files.length, "file")}, change set <code>{hash.slice(0, 16)}</code>
        {approved === hash ? ", signed off" : ""}
      </p>
      {files.map((file) => (
        <FileDiff key={file.path} file={file} />
      ))}
    </>
  );
}
