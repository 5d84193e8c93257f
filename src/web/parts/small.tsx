/** Small parts that every page uses. */
import { useState, type ReactNode } from "react";
import type { ErrorView } from "../../views/control-room/session.ts";
import type { RunLine } from "../../views/control-room/runs.ts";
import type { Rule } from "../../views/walked.ts";
import { useSurroundings } from "../data/hooks.ts";
import { CopySign, DoneSign, FailedSign, PauseSign, RunningSign, StoppedSign, WarningSign } from "./icons.tsx";
import { shown } from "./words.ts";

const statusWords = {
  waiting: "Waiting",
  running: "Running",
  finished: "Finished",
  failed: "Failed",
  stopped: "Stopped",
} as const;

const statusSigns = {
  waiting: PauseSign,
  running: RunningSign,
  finished: DoneSign,
  failed: FailedSign,
  stopped: StoppedSign,
} as const;

export function StatusPill({
  status,
  words,
}: {
  readonly status: RunLine["status"];
  readonly words?: string;
}): ReactNode {
  const Sign = statusSigns[status];
  return (
    <span className={`pill pill-${status}`}>
      <Sign />
      {words ?? statusWords[status]}
    </span>
  );
}

export function StatusSign({ status }: { readonly status: RunLine["status"] }): ReactNode {
  const Sign = statusSigns[status];
  return (
    <span className={`status-sign status-${status}`} title={statusWords[status]}>
      <Sign />
      <span className="unseen">{statusWords[status]}</span>
    </span>
  );
}

/** The same by the command line: whatever a button does, this does too. */
export function Command({ rest, label }: { readonly rest: string; readonly label?: string }): ReactNode {
  const { session } = useSurroundings();
  const text = `${session.command} ${rest}`;
  // What comes on stdin is copied with it, and not shown.
  const [line = "", ...more] = text.split("\n");
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <div className="command">
      <code title={text}>
        <span aria-hidden="true">$ </span>
        {shown(line)}
        {more.length === 0 ? "" : " …"}
      </code>
      <button
        type="button"
        className="quiet"
        onClick={copy}
        aria-label={`Copy the command${label ? ` for ${label}` : ""}`}
      >
        <CopySign />
        <span>{copied ? "copied" : "copy"}</span>
      </button>
    </div>
  );
}

/** `modes/x.md:12`, as a link into an editor where the page is on this machine. */
export function FilePlace({ file, line }: { readonly file: string; readonly line: number }): ReactNode {
  const { session } = useSurroundings();
  const text = `${shown(file)}:${line}`;
  if (session.dir === null || !/^(modes|graphs|briefs)\/[\w./-]+$/.test(file))
    return <code className="place">{text}</code>;
  return (
    <a className="place" href={`vscode://file/${session.dir}/${file}:${line}`} title="open in the editor">
      <code>{text}</code>
    </a>
  );
}

/** Why something was allowed: the words of the rule and where they stand. */
export function RuleQuote({ rule, kind }: { readonly rule: Rule; readonly kind?: string }): ReactNode {
  return (
    <div className={`rule rule-${kind ?? "other"}`}>
      <q title={shown(rule.purpose)}>{shown(rule.purpose)}</q> <FilePlace file={rule.file} line={rule.line} />
    </div>
  );
}

export function ErrorNote({ error, onClose }: { readonly error: ErrorView; readonly onClose?: () => void }): ReactNode {
  return (
    <div className="note note-error" role="alert">
      <WarningSign />
      <div>
        <strong>{sentence(error.message)}</strong>
        {error.place === null || error.place.line === undefined ? null : (
          <div>
            <FilePlace file={error.place.file} line={error.place.line} />
          </div>
        )}
        {error.hint === null ? null : <div className="hint">{shown(error.hint)}</div>}
      </div>
      {onClose === undefined ? null : (
        <button type="button" className="quiet" onClick={onClose}>
          Dismiss
        </button>
      )}
    </div>
  );
}

function sentence(text: string): string {
  const line = shown(text);
  return `${line.charAt(0).toUpperCase()}${line.slice(1)}${/[.!?…]$/.test(line) ? "" : "."}`;
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** While something is read for the first time. It shows after a moment, so that what is quick does not flicker. */
export function Loading({ what }: { readonly what: string }): ReactNode {
  return (
    <div className="loading" role="status">
      <span className="bars" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      Reading {what}…
    </div>
  );
}

/** What a value is while it is not there yet. */
export function Waiting({
  error,
  what,
  reload,
}: {
  readonly error: ErrorView | null;
  readonly what: string;
  readonly reload: () => void;
}): ReactNode {
  if (error === null) return <Loading what={what} />;
  return (
    <div className="pad">
      <ErrorNote error={error} />
      <button type="button" onClick={reload}>
        Try again
      </button>
    </div>
  );
}

/** Radio buttons that look like one control. */
export function Segments<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, words: string])[];
  readonly onChange: (value: Value) => void;
}): ReactNode {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map(([own, words]) => (
        <button key={own} type="button" aria-pressed={own === value} onClick={() => onChange(own)}>
          {words}
        </button>
      ))}
    </div>
  );
}
