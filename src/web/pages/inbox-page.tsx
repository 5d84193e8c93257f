/** Everything that waits for a person, and what was decided. Made for the keyboard, and for a phone. */
import { useMemo, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { AskView } from "../../views/control-room/asks.ts";
import { useLoaded, useNow, useSource, useSurroundings } from "../data/hooks.ts";
import { AskCard } from "../parts/ask-card.tsx";
import { SettledNotes, useSettled } from "../parts/settled.tsx";
import { Command, Empty, Segments, Waiting } from "../parts/small.tsx";
import { namesOf } from "../parts/trace-list.tsx";
import { useKeys } from "../parts/use-keys.ts";
import { agoWords, kindWords, shown } from "../parts/words.ts";

type Box = "open" | "decided";
type Order = "oldest" | "risk";
const risk: Readonly<Record<AskView["severity"], number>> = { critical: 0, high: 1, medium: 2, low: 3 };

export function InboxPage({ id }: { readonly id: string | undefined }): ReactNode {
  const source = useSource();
  const { session } = useSurroundings();
  const [box, setBox] = useState<Box>("open");
  const [sort, setSort] = useState<Order>("oldest");
  const { value, error, reload } = useLoaded(`asks ${box}`, () => source.asks({ state: box }), true);
  const settled = useSettled(box === "open" ? value : undefined);
  const [, go] = useLocation();
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  const listed = useMemo(
    () =>
      sorted(
        (value ?? []).filter((ask) => box === "decided" || !done.has(ask.id)),
        sort,
        session.user.name,
      ),
    [value, box, done, sort, session.user.name],
  );
  // What is before one's eyes stays there, whoever decides it: what would take its place has the same buttons in the same spot.
  const held = useRef<string | undefined>(undefined);
  const here = id ?? held.current ?? listed[0]?.id;
  held.current = here;
  const at = listed.findIndex((ask) => ask.id === here);
  const ask = listed[at];
  const open = (to: number): void => {
    const next = listed[Math.max(0, Math.min(to, listed.length - 1))];
    if (next) go(`/inbox/${next.id}`);
  };
  const act = (key: string) => (): void => {
    window.dispatchEvent(new CustomEvent("cadre-act", { detail: key }));
  };
  const onDecided = (decided: AskView): void => {
    if (decided.state !== "open") {
      const [next] = listed.filter((each) => each.id !== decided.id);
      held.current = undefined;
      setDone((before) => new Set([...before, decided.id]));
      if (id !== undefined) go(next ? `/inbox/${next.id}` : "/inbox", { replace: true });
    }
    reload();
  };
  useKeys({ j: () => open(at + 1), k: () => open(at - 1), a: act("a"), r: act("r"), e: act("e") });
  if (!value) return <Waiting error={error} what="the inbox" reload={reload} />;
  return (
    <div className={`page inbox-page${id === undefined ? "" : " inbox-opened"}`}>
      <header className="page-head">
        <h1>Inbox</h1>
        <Segments
          label="Which asks"
          value={box}
          options={[
            ["open", "Open"],
            ["decided", "Decided"],
          ]}
          onChange={(next) => {
            held.current = undefined;
            setBox(next);
            go("/inbox");
          }}
        />
        <Segments
          label="Order"
          value={sort}
          options={[
            ["oldest", "Oldest"],
            ["risk", "Risk"],
          ]}
          onChange={setSort}
        />
        <p className="keys">
          <kbd>j</kbd> <kbd>k</kbd> move · <kbd>a</kbd> answer or approve · <kbd>e</kbd> edit · <kbd>r</kbd> reject
        </p>
      </header>
      <SettledNotes settled={settled} />
      {here === undefined ? (
        <Empty title={box === "open" ? "Nothing waits for you" : "Nothing was decided yet"}>
          <Command rest="inbox" />
        </Empty>
      ) : (
        <div className="inbox">
          <ul className="ask-rows" aria-label="Asks">
            {listed.map((each) => (
              <AskRow key={each.id} ask={each} here={each.id === here} />
            ))}
          </ul>
          <div className="ask-detail">
            <Link href="/inbox" className="back-link">
              ← All asks
            </Link>
            {ask === undefined ? (
              <Unlisted key={here} id={here} onDecided={onDecided} />
            ) : (
              <AskInRun ask={ask} onDecided={onDecided} />
            )}
          </div>
        </div>
      )}
    </div>
  );
}

type OnDecided = (decided: AskView) => void;

function AskInRun({ ask, onDecided }: { readonly ask: AskView; readonly onDecided: OnDecided }): ReactNode {
  const source = useSource();
  const chart = useLoaded(`chart ${ask.run}`, () => source.chartOf(ask.run));
  return (
    <>
      <p className="muted in-run">
        in <Link href={`/runs/${ask.run}`}>{shown(ask.title)}</Link> <code>{ask.run}</code>
      </p>
      <AskCard
        key={`${ask.id} ${ask.hash} ${ask.state}`}
        ask={ask}
        names={namesOf(chart.value)}
        onDecided={onDecided}
      />
    </>
  );
}

/** One that is not on the list, or no longer: as it was decided, and by whom. */
function Unlisted({ id, onDecided }: { readonly id: string; readonly onDecided: OnDecided }): ReactNode {
  const source = useSource();
  const { value, error, reload } = useLoaded(`ask ${id}`, () => source.ask(id), true);
  if (!value) return <Waiting error={error} what="the ask" reload={reload} />;
  return <AskInRun ask={value} onDecided={onDecided} />;
}

/** Those for the one who looks come first. */
function sorted(asks: readonly AskView[], sort: Order, me: string): readonly AskView[] {
  const mine = (ask: AskView): number => (ask.to === "user" || ask.to === me ? 0 : 1);
  return asks.toSorted(
    (one, other) =>
      mine(one) - mine(other) ||
      (sort === "risk" ? risk[one.severity] - risk[other.severity] : 0) ||
      Date.parse(one.raisedAt) - Date.parse(other.raisedAt),
  );
}

function AskRow({ ask, here }: { readonly ask: AskView; readonly here: boolean }): ReactNode {
  const now = useNow();
  return (
    <li className={`ask-row${here ? " ask-row-here" : ""}`}>
      <Link href={`/inbox/${ask.id}`} aria-current={here ? "true" : undefined}>
        <span className="ask-row-head">
          <span className={`kind kind-${ask.kind}`}>{kindWords(ask.kind)}</span>
          <span className={`severity severity-${ask.severity}`}>{ask.severity}</span>
          <span className="muted">{agoWords(ask.raisedAt, now)}</span>
        </span>
        <span className="ask-row-question">{shown(ask.question.split("\n")[0] ?? "")}</span>
        <span className="muted ask-row-from">
          {shown(ask.role)}
          {ask.to === "user" ? "" : ` for ${shown(ask.to)}`}
          {ask.acknowledged === null ? "" : ` · seen by ${shown(ask.acknowledged.by)}`}
          {ask.overdue ? " · overdue" : ""} · {shown(ask.title)}
        </span>
      </Link>
    </li>
  );
}
