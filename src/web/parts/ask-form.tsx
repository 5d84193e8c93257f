/** What a person may say to an ask, by its kind. The command that says the same stands below, as it would be typed. */
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { AskView } from "../../views/control-room/asks.ts";
import type { ErrorView } from "../../views/control-room/session.ts";
import { useDoing, useSource, useSurroundings } from "../data/hooks.ts";
import { commandOf, decidedBy, emptyDraft, otherWays, sayingOf, submitWords, type Draft } from "./ask-draft.ts";
import { Fields, type FieldsProps } from "./ask-fields.tsx";
import { sendsHere } from "./settled.tsx";
import { Command, ErrorNote } from "./small.tsx";
import type { Names } from "./trace-list.tsx";
import { shown, timeWords } from "./words.ts";

/** What sends it from the keyboard, as this one is lettered. */
const sendKeys = /Mac|iP(hone|ad|od)/.test(navigator.platform) ? "⌘↵" : "Ctrl ↵";

export function AskForm({
  ask,
  names,
  onDecided,
  children,
}: {
  readonly ask: AskView;
  readonly names: Names;
  readonly onDecided: (decided: AskView) => void;
  /** What may be read before it is sent. */
  readonly children: ReactNode;
}): ReactNode {
  const source = useSource();
  const { session } = useSurroundings();
  const doing = useDoing();
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(ask));
  const form = useRef<HTMLFormElement>(null);
  const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));
  const begin = (part: Partial<Draft>): void => {
    change(part);
    requestAnimationFrame(() => {
      const field = form.current?.querySelector<HTMLElement>("textarea, input:not([type=radio])");
      (field ?? form.current?.querySelector<HTMLElement>("button.primary"))?.focus();
    });
  };
  useAskKeys(ask, begin);

  const made = sayingOf(ask, draft);
  const send = (): void => {
    if (typeof made === "string") return;
    doing.run(async () => {
      sendsHere(ask.id);
      onDecided(await source.decide(ask.id, made));
    });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      send();
    }
    if (event.key === "Escape" && draft.mode !== "say") change({ mode: "say" });
  };
  if (!session.user.may.includes("decide"))
    return <p className="muted">{shown(session.user.name)} may look at this, and not decide it.</p>;
  return (
    <form
      className="ask-form"
      ref={form}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Fields ask={ask} draft={draft} change={change} names={names} />
      {children}
      <Command rest={commandOf(ask, draft)} label={`${draft.mode} ${ask.id}`} />
      <div className="ask-bar">
        {doing.error === null ? null : <DecisionError error={doing.error} onClose={doing.clear} />}
        <div className="buttons">
          <button
            type="submit"
            className="primary"
            disabled={doing.busy || typeof made === "string"}
            title={typeof made === "string" ? made : ""}
          >
            {submitWords(ask, draft)} <kbd>{sendKeys}</kbd>
          </button>
          <Others ask={ask} draft={draft} change={begin} />
          {ask.acknowledged === null ? (
            <button
              type="button"
              className="quiet"
              disabled={doing.busy}
              title={`Tell the others that you see to it; it stays open. ${session.command} ack ${ask.id}`}
              onClick={() => doing.run(async () => source.acknowledge(ask.id))}
            >
              On it
            </button>
          ) : null}
        </div>
      </div>
    </form>
  );
}

/** Keys of the inbox: a, e and r begin what they name; nothing is sent by a single key. */
function useAskKeys(ask: AskView, begin: (part: Partial<Draft>) => void): void {
  const latest = useRef(begin);
  latest.current = begin;
  useEffect(() => {
    const onAct = (event: Event): void => {
      const key = (event as CustomEvent<string>).detail;
      const how = decidedBy[ask.kind];
      if (key === "r" && how !== "choice") latest.current({ mode: "reject" });
      else if (key === "e" && ask.kind === "approval") latest.current({ mode: "edit" });
      else if (key === "a") latest.current({ mode: "say" });
    };
    window.addEventListener("cadre-act", onAct);
    return () => window.removeEventListener("cadre-act", onAct);
  }, [ask.kind]);
}

/** The other things that can be said to it. */
function Others({ ask, draft, change }: FieldsProps): ReactNode {
  if (draft.mode !== "say")
    return (
      <button type="button" onClick={() => change({ mode: "say", text: "" })}>
        Back
      </button>
    );
  return otherWays(ask).map(({ mode, words, to }) => (
    <button key={mode} type="button" onClick={() => change({ mode, ...(to === undefined ? {} : { to }) })}>
      {words}
    </button>
  ));
}

/** A second decision says who was first. */
function DecisionError({ error, onClose }: { readonly error: ErrorView; readonly onClose: () => void }): ReactNode {
  const { by, at } = error.data;
  if (error.code !== "ask-decided" || typeof by !== "string" || typeof at !== "string")
    return <ErrorNote error={error} onClose={onClose} />;
  return (
    <div className="note note-error" role="alert">
      <div>
        <strong>{shown(by)} was first.</strong> It was decided at {timeWords(at)}; the first decision stands, and yours
        was not recorded.
      </div>
      <button type="button" className="quiet" onClick={onClose}>
        Dismiss
      </button>
    </div>
  );
}
