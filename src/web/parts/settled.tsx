/** Asks that were open before one's eyes and that somebody else decided: who was first stays in sight until it was read. */
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import type { AskView } from "../../views/control-room/asks.ts";
import { useSource, useSurroundings } from "../data/hooks.ts";
import { PersonSign } from "./icons.tsx";
import { shown, timeWords } from "./words.ts";

/** Sent from this page: its answer and the news of it arrive in either order. */
const sentHere = new Set<string>();

export function sendsHere(ask: string): void {
  sentHere.add(ask);
}

export type Settled = {
  readonly asks: readonly AskView[];
  /** Ids of those that are no longer open, while it is read who decided. */
  readonly leaving: readonly string[];
  readonly dismiss: (ask: string) => void;
};

/** `open`: the asks that are open now; undefined while they are read. */
export function useSettled(open: readonly AskView[] | undefined): Settled {
  const source = useSource();
  const { session, exported } = useSurroundings();
  const me = session.user.name;
  const seen = useRef<readonly AskView[]>([]);
  const [asks, setAsks] = useState<readonly AskView[]>([]);
  const [leaving, setLeaving] = useState<readonly string[]>([]);
  // Before it is painted: what leaves keeps its place until its note is there.
  useLayoutEffect(() => {
    if (open === undefined || exported) return;
    const still = new Set(open.map(({ id }) => id));
    const gone = seen.current.filter(({ id }) => !still.has(id));
    seen.current = open;
    const left = (id: string): void => setLeaving((before) => before.filter((each) => each !== id));
    setLeaving((before) => [...before, ...gone.map(({ id }) => id).filter((id) => !sentHere.has(id))]);
    for (const { id } of gone)
      source.ask(id).then(
        (ask) => {
          const mine = ask.decision?.by === me && sentHere.has(id);
          if (ask.decision !== null && !mine) setAsks((before) => [...before, ask]);
          left(id);
        },
        () => left(id), // whoever looks for it finds it in the trace
      );
  }, [open, source, me, exported]);
  return { asks, leaving, dismiss: (ask) => setAsks((before) => before.filter(({ id }) => id !== ask)) };
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
  return asks.map((ask) => <SettledNote key={ask.id} ask={ask} dismiss={dismiss} />);
}

type NoteProps = { readonly ask: AskView; readonly dismiss: (ask: string) => void };

function SettledNote({ ask, dismiss }: NoteProps): ReactNode {
  const { session } = useSurroundings();
  return ask.decision === null ? null : (
    <div className="note note-settled" role="status">
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
  );
}

/**
 * Open asks one below the other, in the order in which they came. What somebody else decides leaves its note and as much room as it had, until that
 * was read: otherwise the next ask's buttons would move to where one is about to press.
 */
export function AsksInPlace({
  open,
  settled: { asks, leaving, dismiss },
  card,
}: {
  readonly open: readonly AskView[];
  readonly settled: Settled;
  readonly card: (ask: AskView) => ReactNode;
}): ReactNode {
  const order = useRef<readonly string[]>([]);
  const heights = useRef(new Map<string, number>());
  const settledAsks = new Map(asks.map((ask) => [ask.id, ask] as const));
  const openAsks = new Map(open.map((ask) => [ask.id, ask] as const));
  const here = new Set([...openAsks.keys(), ...settledAsks.keys(), ...leaving]);
  order.current = [...new Set([...order.current, ...here])];
  const last = order.current.findLastIndex((id) => openAsks.has(id));
  return order.current.map((id, at) => {
    const ask = openAsks.get(id);
    const settled = settledAsks.get(id);
    if (!here.has(id)) return null;
    if (!ask)
      return (
        <div key={id} style={at < last ? { minHeight: heights.current.get(id) } : undefined}>
          {settled ? <SettledNote ask={settled} dismiss={dismiss} /> : null}
        </div>
      );
    const measure = (element: Element | null): void => {
      const drawn = element?.firstElementChild;
      if (drawn) heights.current.set(id, drawn.getBoundingClientRect().height);
    };
    return (
      <div key={id} className="placed" ref={measure}>
        {card(ask)}
      </div>
    );
  });
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
