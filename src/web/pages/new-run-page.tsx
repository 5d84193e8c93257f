/** A new run: the brief in its four fields, who would take it and by which rule, and the walk that a rehearsal would take. */
import { useMemo, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import type { NumberedEvent } from "../../events/numbered.ts";
import { traceSteps } from "../../views/trace/trace.ts";
import { useDoing, useLoaded, useSource, useSurroundings } from "../data/hooks.ts";
import { BriefFields } from "../parts/brief-fields.tsx";
import { Command, ErrorNote } from "../parts/small.tsx";
import { namesOf, TraceList, type Names } from "../parts/trace-list.tsx";
import { plural, shown } from "../parts/words.ts";
import {
  besides,
  commandOf,
  draftOf,
  emptyDraft,
  faultsOf,
  limitFault,
  limitFields,
  runOf,
  type Draft,
} from "./brief-draft.ts";

export function NewRunPage(): ReactNode {
  const source = useSource();
  const { session } = useSurroundings();
  const modes = useLoaded("modes", () => source.modes());
  const briefs = useLoaded("briefs", () => source.briefs());
  const choices = useLoaded("choices", () => source.choices());
  const names = useMemo(() => namesOf(modes.value?.chart), [modes.value]);
  const { draft, change, open, clear, walk, start, preview, starting, looking, faults, ready } = useNewRun();
  return (
    <div className="page new-page">
      <header className="page-head">
        <h1>New run</h1>
        <BeginWith draft={draft} files={briefs.value ?? []} onOpen={open} />
      </header>
      <div className="new-run">
        <form
          className="brief-form"
          onSubmit={(event) => {
            event.preventDefault();
            start();
          }}
        >
          <BriefFields
            draft={draft}
            change={change}
            faults={faults.fields}
            modes={modes.value}
            choices={choices.value}
            names={names}
          />
          {faults.rest === null ? null : <ErrorNote error={faults.rest} onClose={clear} />}
          {faults.fields.size === 0 ? null : (
            <p className="fault" role="status">
              {plural(faults.fields.size, "field")} above {faults.fields.size === 1 ? "needs" : "need"} mending.
            </p>
          )}
          {session.user.may.includes("run") ? null : <p className="muted">{shown(session.user.name)} may only look.</p>}
          <div className="form-bar">
            <div className="buttons">
              <button type="submit" className="primary" disabled={!ready || starting}>
                {starting ? "Starting…" : "Start"}
              </button>
              <button type="button" disabled={!ready || looking} onClick={preview}>
                {looking ? "Rehearsing…" : "Preview the walk"}
              </button>
            </div>
            <Command rest={commandOf(draft)} label="the run" />
          </div>
        </form>
        <aside className="preview" aria-label="Preview">
          <h2>Preview</h2>
          {walk === null ? (
            <p className="muted">
              The walk that the rehearsal would take with this brief, in a scratch folder: nothing is written, no model
              is called.
            </p>
          ) : (
            <Walk events={walk} names={names} />
          )}
          <Command rest={dryRun(commandOf(draft))} label="the preview" />
        </aside>
      </div>
    </div>
  );
}

/** No file's name: the brief is what stands in the form. */
const written = "…";

function BeginWith({
  draft: { file, what },
  files,
  onOpen,
}: {
  readonly draft: Draft;
  readonly files: readonly string[];
  readonly onOpen: (file: string) => void;
}): ReactNode {
  const own = file === null && what !== "";
  return (
    <label className="inline-field">
      <span>Begin with</span>
      <select value={own ? written : (file ?? "")} onChange={(event) => onOpen(event.target.value)}>
        {own ? <option value={written}>what stands below</option> : null}
        <option value="">an empty brief</option>
        {files.map((name) => (
          <option key={name} value={name}>
            {shown(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

function useNewRun() {
  const source = useSource();
  const { session } = useSurroundings();
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [walk, setWalk] = useState<readonly NumberedEvent[] | null>(null);
  const starting = useDoing();
  const looking = useDoing();
  const [, go] = useLocation();
  const clear = (): void => {
    setWalk(null);
    starting.clear();
    looking.clear();
  };
  const sound = limitFields.every(([name]) => limitFault(name, draft.limits[name] ?? "") === null);
  return {
    draft,
    walk,
    clear,
    change: (part: Partial<Draft>): void => {
      const stays = Object.keys(part).every((name) => besides.has(name as keyof Draft));
      setDraft((before) => ({ ...before, ...part, file: stays ? before.file : null }));
      clear();
    },
    open: (file: string): void => {
      clear();
      if (file === "") return setDraft(emptyDraft);
      looking.run(async () => setDraft(draftOf(await source.brief(file), file)));
    },
    start: (): void => starting.run(async () => go(`/runs/${(await source.start(runOf(draft))).id}`)),
    preview: (): void => {
      starting.clear();
      looking.run(async () => setWalk(await source.preview(runOf(draft))));
    },
    starting: starting.busy,
    looking: looking.busy,
    faults: faultsOf(starting.error ?? looking.error),
    ready: draft.what.trim() !== "" && sound && session.user.may.includes("run"),
  };
}

/** The option stands before a brief that comes on stdin. */
function dryRun(command: string): string {
  return command.replace(/^run /, "run --dry-run ");
}

function Walk({ events, names }: { readonly events: readonly NumberedEvent[]; readonly names: Names }): ReactNode {
  const steps = useMemo(() => traceSteps(events), [events]);
  const waits = steps.findLast(({ kind }) => kind === "ask");
  const moves = steps.filter(({ kind }) => kind !== "model").length;
  return (
    <>
      <p className="muted">
        {plural(moves, "step")}
        {waits === undefined ? "" : `, then it waits: ${names(waits.from)} asks you`}
      </p>
      <TraceList steps={steps} streaming={null} names={names} only={null} lit={null} onLight={() => undefined} />
    </>
  );
}
