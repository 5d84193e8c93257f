/** What was said: replies of models and what their calls gave, task by task. What was measured is on the page of artifacts, with receipts. */
import { useMemo, useState, type ReactNode } from "react";
import type { NumberedEvent } from "../../events/numbered.ts";
import { visibleLines } from "../../views/escape.ts";
import { Markdown } from "./markdown.tsx";
import type { Names } from "./trace-list.tsx";
import { Arguments } from "./ask-card.tsx";
import { figureWords, plural, shown } from "./words.ts";

type Entry =
  | { readonly seq: number; readonly what: "task"; readonly from: string; readonly to: string; readonly text: string }
  | {
      readonly seq: number;
      readonly what: "reply";
      readonly role: string;
      readonly text: string;
      readonly calls: readonly { readonly id: string; readonly name: string; readonly args: unknown }[];
      readonly model: string;
      readonly tokens: number | null;
    }
  | {
      readonly seq: number;
      readonly what: "result";
      readonly role: string;
      readonly tool: string;
      readonly ok: boolean;
      readonly text: string;
    };

const firstPage = 80;
const longestResult = 4000;

export function Messages({
  events,
  names,
  only,
}: {
  readonly events: readonly NumberedEvent[];
  readonly names: Names;
  readonly only: string | null;
}): ReactNode {
  const [room, setRoom] = useState(firstPage);
  const entries = useMemo(() => entriesOf(events), [events]);
  const listed = entries.filter((entry) => only === null || roleOf(entry) === only);
  const first = Math.max(0, listed.length - room);
  if (listed.length === 0) return <p className="muted pad">Nothing was said yet.</p>;
  return (
    <div className="messages">
      {first === 0 ? null : (
        <button type="button" className="wide" onClick={() => setRoom(room * 4)}>
          Show {plural(first, "earlier message")}
        </button>
      )}
      {listed.slice(first).map((entry) => (
        <EntryView
          key={`${entry.seq} ${entry.what} ${entry.what === "result" ? entry.tool : ""}`}
          entry={entry}
          names={names}
        />
      ))}
    </div>
  );
}

function EntryView({ entry, names }: { readonly entry: Entry; readonly names: Names }): ReactNode {
  switch (entry.what) {
    case "task":
      return (
        <article className="message message-task">
          <header>
            <strong>{names(entry.from)}</strong> to <strong>{names(entry.to)}</strong>
          </header>
          <Markdown text={entry.text} />
        </article>
      );
    case "reply":
      return (
        <article className="message">
          <header>
            <strong>{names(entry.role)}</strong> <span className="muted">{shown(entry.model)}</span>
            {entry.tokens === null ? null : <span className="muted"> · {figureWords(entry.tokens)} tokens</span>}
          </header>
          {entry.text.trim() === "" ? null : <Markdown text={entry.text} />}
          {entry.calls.map((call) => (
            <details key={call.id} className="call">
              <summary>
                <code>{shown(call.name)}</code>
              </summary>
              <Arguments args={call.args} />
            </details>
          ))}
        </article>
      );
    case "result": {
      const cut = entry.text.length > longestResult;
      return (
        <details className={`message message-result${entry.ok ? "" : " message-failed"}`}>
          <summary>
            <code>{shown(entry.tool)}</code> {entry.ok ? "gave" : "failed"}{" "}
            <span className="muted">{plural(entry.text.length, "character")}</span>
          </summary>
          <pre tabIndex={0}>{visibleLines(cut ? entry.text.slice(0, longestResult) : entry.text).join("\n")}</pre>
          {cut ? <p className="muted">cut here; `cadre trace --verbose` has all of it</p> : null}
        </details>
      );
    }
  }
}

function roleOf(entry: Entry): string {
  return entry.what === "task" ? entry.to : entry.role;
}

function entriesOf(events: readonly NumberedEvent[]): Entry[] {
  return events.flatMap(({ seq, event }): Entry[] => {
    if (event.type === "frame_opened" || event.type === "child_opened") {
      const from = event.type === "frame_opened" ? event.from : event.role;
      const question = event.type === "frame_opened" ? event.question : null;
      const text = event.assignment ? assignmentText(event.assignment) : (question?.question ?? "");
      return text === "" ? [] : [{ seq, what: "task", from, to: event.to, text }];
    }
    if (event.type === "turn_taken") {
      const { role, text, calls, model, usage } = event;
      const tokens = usage.measured ? usage.promptTokens + usage.completionTokens : null;
      return [{ seq, what: "reply", role, text, calls, model, tokens }];
    }
    if (event.type === "action_done")
      return event.results.map(({ tool, ok, text }) => ({ seq, what: "result", role: event.role, tool, ok, text }));
    return [];
  });
}

function assignmentText({
  task,
  criteria,
  inputs,
}: {
  readonly task: string;
  readonly criteria: readonly { readonly id: string; readonly text: string }[];
  readonly inputs: readonly string[];
}): string {
  return [
    task,
    ...(criteria.length === 0 ? [] : [criteria.map(({ id, text }) => `- **${id}** ${text}`).join("\n")]),
    ...(inputs.length === 0 ? [] : [`Inputs: ${inputs.map((input) => `\`${input}\``).join(", ")}`]),
  ].join("\n\n");
}
