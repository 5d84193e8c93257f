/** The fields of an ask's form, by what is being said and by the kind of the ask. */
import type { ReactNode } from "react";
import type { AskView } from "../../views/control-room/asks.ts";
import { decidedBy, type Draft } from "./ask-draft.ts";
import type { Names } from "./trace-list.tsx";
import { shown } from "./words.ts";

export type FieldsProps = {
  readonly ask: AskView;
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
};

export function Fields({ names, ...props }: FieldsProps & { readonly names: Names }): ReactNode {
  const { draft, change } = props;
  switch (draft.mode) {
    case "reject":
      return (
        <Words
          label="Why not? The role reads this and acts on it."
          value={draft.text}
          onChange={(text) => change({ text })}
        />
      );
    case "edit":
      return (
        <Words
          label="The arguments to run instead, as JSON. They are checked again and get a hash of their own."
          value={draft.edit}
          mono
          onChange={(edit) => change({ edit })}
        />
      );
    case "delegate":
    case "escalate":
      return <HandingFields {...props} names={names} />;
    case "say":
      return <SayFields {...props} />;
  }
}

function HandingFields({ ask, draft, change, names }: FieldsProps & { readonly names: Names }): ReactNode {
  const gives = draft.mode === "delegate";
  const routes = (gives ? ask.seat?.delegations : ask.seat?.escalations) ?? [];
  return (
    <>
      <label className="field">
        <span>{gives ? "Give a task to" : "Hand it up to"}</span>
        <select value={draft.to} onChange={(event) => change({ to: event.target.value })}>
          {routes.map(({ to, rule }) => (
            <option key={to} value={to}>
              {names(to)}: {shown(rule.purpose)}
            </option>
          ))}
        </select>
      </label>
      <Words label={gives ? "The task" : "Why"} value={draft.text} onChange={(text) => change({ text })} />
    </>
  );
}

function SayFields({ ask, draft, change }: FieldsProps): ReactNode {
  switch (decidedBy[ask.kind]) {
    case "approval":
      return (
        <Words label="A note (may stay empty)" rows={1} value={draft.text} onChange={(text) => change({ text })} />
      );
    case "limit":
      return (
        <label className="field">
          <span>Raise {kindOfLimit(ask)} to</span>
          <input inputMode="decimal" value={draft.raise} onChange={(event) => change({ raise: event.target.value })} />
        </label>
      );
    case "choice":
      return (
        <>
          <Options ask={ask} draft={draft} change={change} />
          {draft.option === "result" ? (
            <Words
              label="What it gave: the role reads exactly this"
              value={draft.text}
              onChange={(text) => change({ text })}
            />
          ) : null}
        </>
      );
    case "answer":
      return (
        <>
          <Options ask={ask} draft={draft} change={change} />
          <Words
            label={ask.options.length === 0 ? "Your answer" : "Or in your own words"}
            value={draft.text}
            onChange={(text) => change({ text, ...(text === "" ? {} : { option: "" }) })}
          />
        </>
      );
  }
}

function kindOfLimit(ask: AskView): string {
  if (ask.limit === null) return "the limit";
  const { name, ceiling } = ask.limit;
  return `${name} from ${ceiling}${name === "money" && ask.currency !== null ? ` ${ask.currency}` : ""}`;
}

function Options({
  ask,
  draft,
  change,
}: {
  readonly ask: AskView;
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
}): ReactNode {
  if (ask.options.length === 0) return null;
  return (
    <fieldset className="options">
      <legend className="unseen">Options</legend>
      {ask.options.map(({ id, text }) => (
        <label key={id}>
          <input
            type="radio"
            name={`option-${ask.id}`}
            checked={draft.option === id}
            onChange={() => change({ option: id, ...(id === "result" ? {} : { text: "" }) })}
          />
          <span>{shown(text)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Words({
  label,
  value,
  onChange,
  mono = false,
  rows = 2,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly mono?: boolean;
  readonly rows?: number;
}): ReactNode {
  const needed = Math.min(14, Math.max(rows, value.split("\n").length));
  return (
    <label className="field">
      <span>{label}</span>
      <textarea
        className={mono ? "mono" : ""}
        rows={needed}
        value={value}
        spellCheck={!mono}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
