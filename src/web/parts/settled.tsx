/** Asks that were open before one's eyes and that somebody else decided: who was first stays in sight until it was read. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { AskView } from "../../views/control-room/asks.ts";
import { useSource, useSurroundings } from "../data/hooks.ts";
import { PersonSign } from "./icons.tsx";
import { shown, timeWords } from "./words.ts";

/** Sent from this page: its answer and the news of it arrive in either order. */
const sentHere = new Set<string>();

export function sendsHere(ask: string): void {
  sentHere.add(ask);
}

export type Settled = { readonly asks: readonly AskView[]; readonly dismiss: (ask: string) => void };

/** `open`: the asks that are open now; undefined while they are read. */
export function useSettled(open: readonly AskView[] | undefined): Settled {
  const source = useSource();
  const { session, exported } = useSurroundings();
  const me = session.user.name;
  const seen = useRef<readonly AskView[]>([]);
  const [asks, setAsks] = useState<readonly AskView[]>([]);
  useEffect(() => {
    if (open === undefined || exported) return;
    const still = new Set(open.map(({ id }) => id));
    const gone = seen.current.filter(({ id }) => !still.has(id));
    seen.current = open;
    for (const { id } of gone)
      source.ask(id).then(
        (ask) => {
          const mine = ask.decision?.by === me && sentHere.has(id);
          if (ask.decision !== null && !mine) setAsks((before) => [...before, ask]);
        },
        () => undefined, // whoever looks for it finds it in the trace
      );
  }, [open, source, me, exported]);
  return { asks, dismiss: (ask) => setAsks((before) => before.filter(({ id }) => id !== ask)) };
}

/** What was said; of an option, its words. */
export function decisionText({ options, decision }: AskView): string {
  const said = decision?.text ?? "";
  return options.find(({ id }) => id === said)?.text ?? said;
}

function whoDecided({ decision, votes }: AskView, me: string): string {
  if (votes.length > 1) return `${shown(decision?.by ?? "")} have decided.`;
  return decision?.by === me ? "You decided that elsewhere." : `${shown(decision?.by ?? "")} was first.`;
}

export function SettledNotes({ settled: { asks, dismiss } }: { readonly settled: Settled }): ReactNode {
  const { session } = useSurroundings();
  return asks.map((ask) =>
    ask.decision === null ? null : (
      <div key={ask.id} className="note note-settled" role="status">
        <PersonSign />
        <div>
          <strong>{whoDecided(ask, session.user.name)}</strong>{" "}
          <span className="muted">
            {pastWords[ask.decision.verb]} ({shown(ask.decision.face)}, {timeWords(ask.decision.at)})
          </span>
          <p className="settled-question">{shown(ask.question.split("\n")[0] ?? "")}</p>
          {ask.decision.text === "" ? null : <q>{shown(decisionText(ask))}</q>}
        </div>
        <button type="button" className="quiet" onClick={() => dismiss(ask.id)}>
          Dismiss
        </button>
      </div>
    ),
  );
}

export const pastWords = {
  approve: "approved",
  reject: "rejected",
  answer: "answered",
  delegate: "gave it on",
  escalate: "handed it up",
  expire: "let it expire",
  bump: "let it go up",
} as const;
