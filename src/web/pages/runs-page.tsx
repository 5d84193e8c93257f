/** All runs: what waits first, then what moves, then what is over. */
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { RunLine } from "../../views/control-room/runs.ts";
import { useLoaded, useNow, useSource } from "../data/hooks.ts";
import { PlusSign } from "../parts/icons.tsx";
import { Command, Empty, StatusSign, Waiting } from "../parts/small.tsx";
import { toneOf } from "../parts/trace-list.tsx";
import { agoWords, figureWords, plural, shown, spanWords } from "../parts/words.ts";
import { useKeys } from "../parts/use-keys.ts";

const order: Readonly<Record<RunLine["status"], number>> = {
  waiting: 0,
  running: 1,
  failed: 2,
  finished: 2,
  stopped: 2,
};
const filters = ["all", "waiting", "running", "finished", "failed", "stopped"] as const;
type Filter = (typeof filters)[number];

export function RunsPage(): ReactNode {
  const source = useSource();
  const { value, error, reload } = useLoaded("runs", () => source.runs(), true);
  const [filter, setFilter] = useState<Filter>("all");
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const [, go] = useLocation();
  const search = useRef<HTMLInputElement>(null);
  const listed = useMemo(() => listedOf(value ?? [], filter, words), [value, filter, words]);
  const here = Math.min(at, Math.max(0, listed.length - 1));
  useKeys({
    j: () => setAt(Math.min(here + 1, listed.length - 1)),
    k: () => setAt(Math.max(here - 1, 0)),
    Enter: () => {
      const run = listed[here];
      if (run) go(`/runs/${run.id}`);
    },
    "/": () => search.current?.focus(),
    n: () => go("/new"),
  });
  useEffect(() => {
    document.querySelector(".run-row-here")?.scrollIntoView({ block: "nearest" });
  }, [here]);
  if (!value) return <Waiting error={error} what="the runs" reload={reload} />;
  return (
    <div className="page runs-page">
      <header className="page-head">
        <h1>Runs</h1>
        <Link href="/new" className="button primary">
          <PlusSign /> New run
        </Link>
        <div className="chips" role="group" aria-label="Which runs">
          {filters.map((own) => {
            const count = own === "all" ? value.length : value.filter(({ status }) => status === own).length;
            return count === 0 && own !== "all" ? null : (
              <button key={own} type="button" aria-pressed={filter === own} onClick={() => setFilter(own)}>
                {own} <span className="count">{count}</span>
              </button>
            );
          })}
        </div>
        <input
          ref={search}
          type="search"
          placeholder="Search ( / )"
          aria-label="Search runs"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      </header>
      {value.length === 0 ? (
        <Empty title="No runs here yet">
          <p>Give the team a brief; without a configured model it is a rehearsal, in which no model is called.</p>
          <Link href="/new" className="button primary">
            <PlusSign /> New run
          </Link>
          <Command rest="run briefs/<brief>.md" />
        </Empty>
      ) : listed.length === 0 ? (
        <Empty title="No run is like that">
          <button type="button" onClick={() => (setFilter("all"), setWords(""))}>
            Show all
          </button>
        </Empty>
      ) : (
        <ul className="run-rows">
          {listed.map((run, row) => (
            <Row key={run.id} run={run} here={row === here} />
          ))}
        </ul>
      )}
      {value.length === 0 ? null : (
        <footer className="page-foot">
          <p className="keys">
            <kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> open · <kbd>/</kbd> search · <kbd>n</kbd> new run
          </p>
          <Command rest="runs" />
        </footer>
      )}
    </div>
  );
}

function listedOf(runs: readonly RunLine[], filter: Filter, words: string): readonly RunLine[] {
  const sought = words.trim().toLowerCase();
  return runs
    .filter(({ status }) => filter === "all" || status === filter)
    .filter(({ id, title, entry }) => sought === "" || `${id} ${title} ${entry}`.toLowerCase().includes(sought))
    .toSorted((one, other) => order[one.status] - order[other.status]);
}

function Row({ run, here }: { readonly run: RunLine; readonly here: boolean }): ReactNode {
  const now = useNow();
  const { figures, asks } = run;
  return (
    <li className={`run-row${here ? " run-row-here" : ""}`}>
      <Link href={`/runs/${run.id}`} aria-current={here ? "true" : undefined}>
        <StatusSign status={run.status} />
        <span className="run-name">
          <strong>{shown(run.title)}</strong>
          <code>{run.id}</code>
          {run.rehearsal ? <span className="badge-rehearsal">rehearsal</span> : null}
        </span>
        <span className="run-state">{stateWords(run, now)}</span>
        <span className="hops" aria-hidden="true">
          {figures.hops.map(({ kind, ok }, at) => (
            <i key={at} className={`tone-${toneOf(kind, ok)}`} />
          ))}
        </span>
        <span className="run-figures">
          {plural(figures.steps, "step")}
          {figures.escalations === 0 ? "" : ` · ${plural(figures.escalations, "escalation")}`}
          {figures.tokens === 0 ? "" : ` · ${figureWords(figures.tokens)} tok`}
        </span>
        <span className="run-age">{agoWords(run.startedAt, now)}</span>
        {asks.length > 1 ? <span className="unseen">{plural(asks.length, "ask")} wait</span> : null}
      </Link>
    </li>
  );
}

function stateWords(run: RunLine, now: number): string {
  const [first] = run.asks;
  if (run.status === "waiting" && first) {
    const waited = run.figures.lastAt === null ? "now" : spanWords(now - Date.parse(run.figures.lastAt));
    const since = waited === "now" ? "" : ` ${waited}`;
    const more = run.asks.length > 1 ? ` and ${run.asks.length - 1} more` : "";
    return `waits${since} for ${first.to === "user" ? "you" : shown(first.to)}: ${shown(first.topic)}${more}`;
  }
  if (run.status === "running") return run.mover === null ? "left in the middle: resume it" : shown(run.figures.where);
  return run.status;
}
