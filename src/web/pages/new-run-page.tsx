/** A new run: the brief in its four fields, who would take it and by which rule, and the walk that a rehearsal would take. */
import { useDeferredValue, useMemo, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import type { NumberedEvent } from "../../events/numbered.ts";
import type { ModesView } from "../../views/control-room.ts";
import { traceSteps } from "../../views/trace/trace.ts";
import { useDoing, useLoaded, useSource, useSurroundings } from "../data/hooks.ts";
import { Command, ErrorNote, RuleQuote } from "../parts/small.tsx";
import { namesOf, TraceList } from "../parts/trace-list.tsx";
import { plural, shown } from "../parts/words.ts";
import { commandOf, draftOf, emptyDraft, runOf, type Draft } from "./brief-draft.ts";

export function NewRunPage(): ReactNode {
  const source = useSource();
  const { session } = useSurroundings();
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [walk, setWalk] = useState<readonly NumberedEvent[] | null>(null);
  const starting = useDoing();
  const looking = useDoing();
  const [, go] = useLocation();
  const modes = useLoaded("modes", () => source.modes());
  const briefs = useLoaded("briefs", () => source.briefs());
  const names = useMemo(() => namesOf(modes.value?.chart), [modes.value]);
  const change = (part: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, file: null, ...part }));
    setWalk(null);
  };
  const run = runOf(draft);
  const ready = draft.what.trim() !== "";
  const open = (file: string): void => {
    if (file === "") return setDraft(emptyDraft);
    looking.run(async () => {
      setDraft(draftOf(await source.brief(file), file));
      setWalk(null);
    });
  };
  const may = session.user.may.includes("run");
  return (
    <div className="page new-page">
      <header className="page-head">
        <h1>New run</h1>
        <label className="inline-field">
          <span>Begin with</span>
          <select value={draft.file ?? ""} onChange={(event) => open(event.target.value)}>
            <option value="">an empty brief</option>
            {briefs.value?.map((file) => (
              <option key={file} value={file}>
                {shown(file)}
              </option>
            ))}
          </select>
        </label>
      </header>
      <div className="new-run">
        <form
          className="brief-form"
          onSubmit={(event) => {
            event.preventDefault();
            starting.run(async () => go(`/runs/${(await source.start(run)).id}`));
          }}
        >
          <BriefFields draft={draft} change={change} modes={modes.value} names={names} />
          {starting.error === null ? null : <ErrorNote error={starting.error} onClose={starting.clear} />}
          <div className="buttons">
            <button type="submit" className="primary" disabled={!ready || starting.busy || !may}>
              {starting.busy ? "Starting…" : "Start"}
            </button>
            <button
              type="button"
              disabled={!ready || looking.busy || !may}
              onClick={() => looking.run(async () => setWalk(await source.preview(run)))}
            >
              {looking.busy ? "Rehearsing…" : "Preview the walk"}
            </button>
          </div>
          <Command rest={commandOf(draft)} />
        </form>
        <aside className="preview" aria-label="Preview">
          <h2>Preview</h2>
          {looking.error === null ? null : <ErrorNote error={looking.error} onClose={looking.clear} />}
          {walk === null ? (
            <p className="muted">
              The walk that the rehearsal would take with this brief, in a scratch folder: nothing is written, no model
              is called.
            </p>
          ) : (
            <Walk events={walk} names={names} />
          )}
        </aside>
      </div>
    </div>
  );
}

function Walk({
  events,
  names,
}: {
  readonly events: readonly NumberedEvent[];
  readonly names: (slug: string) => string;
}): ReactNode {
  const steps = useMemo(() => traceSteps(events), [events]);
  const waits = steps.findLast(({ kind }) => kind === "ask");
  const moves = steps.filter(({ kind }) => kind !== "model").length;
  return (
    <>
      <p className="muted">
        {plural(moves, "step")}
        {waits === undefined ? "" : `, then it waits: ${shown(waits.from)} asks you`}
      </p>
      <TraceList steps={steps} streaming={null} names={names} only={null} lit={null} onLight={() => undefined} />
    </>
  );
}

function BriefFields({
  draft,
  change,
  modes,
  names,
}: {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly modes: ModesView | undefined;
  readonly names: (slug: string) => string;
}): ReactNode {
  return (
    <>
      <Field
        name="What"
        hint="the task, as you would give it to a person"
        rows={6}
        value={draft.what}
        onChange={(what) => change({ what })}
      />
      <Field name="Why" hint="why it matters" rows={3} value={draft.why} onChange={(why) => change({ why })} />
      <div className="two">
        <Field
          name="Where"
          hint="where it applies"
          rows={3}
          value={draft.where}
          onChange={(where) => change({ where })}
        />
        <Field name="When" hint="when it is needed" rows={3} value={draft.when} onChange={(when) => change({ when })} />
      </div>
      <Field
        name="Acceptance criteria"
        hint="one a line"
        rows={3}
        value={draft.criteria}
        onChange={(criteria) => change({ criteria })}
      />
      <Field
        name="Inputs"
        hint="files of the project, one a line"
        rows={2}
        value={draft.inputs}
        onChange={(inputs) => change({ inputs })}
      />
      <label className="field">
        <span>First role</span>
        <select value={draft.to} onChange={(event) => change({ to: event.target.value, file: draft.file })}>
          <option value="">as the workflow says{modes?.chart.entry ? `: ${names(modes.chart.entry)}` : ""}</option>
          {modes?.chart.roles.map(({ slug }) => (
            <option key={slug} value={slug}>
              {names(slug)}
            </option>
          ))}
        </select>
      </label>
      <Suggested
        text={draft.what}
        names={names}
        chosen={draft.to}
        onChoose={(to) => change({ to, file: draft.file })}
      />
    </>
  );
}

/** Who would take it, and the rule that says so. */
function Suggested({
  text,
  names,
  chosen,
  onChoose,
}: {
  readonly text: string;
  readonly names: (slug: string) => string;
  readonly chosen: string;
  readonly onChoose: (role: string) => void;
}): ReactNode {
  const source = useSource();
  const asked = useDeferredValue(text.trim());
  const { value } = useLoaded(`who ${asked}`, () => (asked.length < 8 ? Promise.resolve([]) : source.who(asked)));
  const [best] = (value ?? []).filter(({ role }) => role !== "user");
  if (best === undefined) return null;
  return (
    <div className="suggested">
      <p>
        By its words this is for <strong>{names(best.role)}</strong>{" "}
        <span className="muted">(fit {best.score.toFixed(2)})</span>
        {chosen === best.role ? null : (
          <button type="button" className="link" onClick={() => onChoose(best.role)}>
            begin there
          </button>
        )}
      </p>
      <RuleQuote rule={best} kind={best.kind} />
    </div>
  );
}

function Field({
  name,
  hint,
  rows,
  value,
  onChange,
}: {
  readonly name: string;
  readonly hint: string;
  readonly rows: number;
  readonly value: string;
  readonly onChange: (text: string) => void;
}): ReactNode {
  return (
    <label className="field">
      <span>
        {name} <em>{hint}</em>
      </span>
      <textarea rows={rows} value={value} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}
