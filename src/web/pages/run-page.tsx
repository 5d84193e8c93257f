/** One run: the chart with the walk, what waits, and the trace, messages, artifacts, journal and budget behind it. */
import { useCallback, useMemo, useState, type ReactNode } from "react";
import type { AskView } from "../../views/control-room/asks.ts";
import type { ChartView } from "../../views/control-room/project.ts";
import type { RunView } from "../../views/control-room/runs.ts";
import { plainName } from "../../views/picture.ts";
import { RunChart } from "../chart/run-chart.tsx";
import { useLoaded, useSource, useSurroundings } from "../data/hooks.ts";
import { useRun, type FollowedRun } from "../data/use-run.ts";
import { AskCard } from "../parts/ask-card.tsx";
import { RunHead } from "../parts/run-head.tsx";
import { AsksInPlace, useSettled, type Settled } from "../parts/settled.tsx";
import { Waiting } from "../parts/small.tsx";
import { namesOf, TraceList } from "../parts/trace-list.tsx";
import { shown } from "../parts/words.ts";
import { Artifacts } from "../parts/artifacts.tsx";
import { Budget } from "../parts/budget.tsx";
import { Journal } from "../parts/journal.tsx";
import { Messages } from "../parts/messages.tsx";
import { Timeline } from "../parts/timeline.tsx";

type Tab = "trace" | "messages" | "artifacts" | "journal" | "budget";
const tabs: readonly (readonly [tab: Tab, words: string])[] = [
  ["trace", "Trace"],
  ["messages", "Messages"],
  ["artifacts", "Artifacts"],
  ["journal", "Journal"],
  ["budget", "Budget"],
];

export function RunPage({ id }: { readonly id: string }): ReactNode {
  const source = useSource();
  const { exported } = useSurroundings();
  const run = useLoaded(`run ${id}`, () => source.run(id), !exported);
  const chart = useLoaded(`chart ${id} ${run.value?.chart ?? ""}`, () => source.chartOf(id));
  const asks = useLoaded(`asks ${id}`, () => source.asks({ run: id, state: "open" }), !exported);
  const settled = useSettled(asks.value);
  const followed = useRun(id);
  if (!run.value || !chart.value)
    return <Waiting error={run.error ?? chart.error ?? followed.error} what={`run ${id}`} reload={run.reload} />;
  return (
    <RunBoard
      run={run.value}
      chart={chart.value}
      asks={(asks.value ?? []).filter(({ state }) => state === "open")}
      settled={settled}
      followed={followed}
      onDecided={() => {
        asks.reload();
        run.reload();
      }}
    />
  );
}

function RunBoard({
  run,
  chart,
  asks,
  settled,
  followed,
  onDecided,
}: {
  readonly run: RunView;
  readonly chart: ChartView;
  readonly asks: readonly AskView[];
  readonly settled: Settled;
  readonly followed: FollowedRun;
  readonly onDecided: () => void;
}): ReactNode {
  const { exported } = useSurroundings();
  const [tab, setTab] = useState<Tab>("trace");
  const [selected, setSelected] = useState<string | null>(null);
  const [lit, setLit] = useState<number | null>(null);
  const names = useMemo(() => namesOf(chart), [chart]);
  const select = useCallback((role: string | null) => setSelected((before) => (before === role ? null : role)), []);
  return (
    <div className="run-page">
      <RunHead run={run} followed={followed} />
      <div className="board">
        <div className="board-left">
          <RunChart chart={chart} run={followed} selected={selected} onSelect={select} lit={lit} exported={exported} />
          <Timeline steps={followed.steps} lit={lit} onLight={setLit} />
        </div>
        <aside className="board-right" aria-label="What happened and what waits">
          {asks.length + settled.asks.length === 0 ? null : (
            <div className="pinned">
              <AsksInPlace
                open={asks}
                settled={settled}
                card={(ask) => <AskCard key={ask.hash} ask={ask} names={names} onDecided={onDecided} />}
              />
            </div>
          )}
          <div className="tabs" role="tablist" aria-label="Parts of the run">
            {tabs.map(([own, words]) => (
              <button
                key={own}
                type="button"
                role="tab"
                id={`tab-${own}`}
                aria-selected={tab === own}
                aria-controls="tab-panel"
                tabIndex={tab === own ? 0 : -1}
                onClick={() => setTab(own)}
                onKeyDown={(event) => {
                  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
                  if (step === 0) return;
                  const at = tabs.findIndex(([name]) => name === own);
                  const next = tabs[(at + step + tabs.length) % tabs.length]?.[0] ?? own;
                  setTab(next);
                  document.getElementById(`tab-${next}`)?.focus();
                }}
              >
                {words}
              </button>
            ))}
          </div>
          <div className="tab-panel" role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`}>
            {selected === null || tab !== "trace" ? null : (
              <RoleNote chart={chart} slug={selected} onClose={() => setSelected(null)} />
            )}
            <TabBody tab={tab} run={run} followed={followed} chart={chart} only={selected} lit={lit} onLight={setLit} />
          </div>
        </aside>
      </div>
    </div>
  );
}

function TabBody({
  tab,
  run,
  followed,
  chart,
  only,
  lit,
  onLight,
}: {
  readonly tab: Tab;
  readonly run: RunView;
  readonly followed: FollowedRun;
  readonly chart: ChartView;
  readonly only: string | null;
  readonly lit: number | null;
  readonly onLight: (n: number | null) => void;
}): ReactNode {
  const names = useMemo(() => namesOf(chart), [chart]);
  switch (tab) {
    case "trace":
      return (
        <TraceList
          steps={followed.steps}
          streaming={followed.streaming}
          names={names}
          only={only}
          lit={lit}
          onLight={onLight}
        />
      );
    case "messages":
      return <Messages events={followed.events} names={names} only={only} />;
    case "artifacts":
      return <Artifacts run={run} events={followed.events} />;
    case "journal":
      return <Journal run={run.id} mark={`${followed.events.length}`} />;
    case "budget":
      return <Budget run={run} events={followed.events} names={names} />;
  }
}

function RoleNote({
  chart,
  slug,
  onClose,
}: {
  readonly chart: ChartView;
  readonly slug: string;
  readonly onClose: () => void;
}): ReactNode {
  const role = chart.roles.find((each) => each.slug === slug);
  return (
    <div className="role-note">
      <div>
        <strong>{role ? shown(plainName(role.name)) : "You"}</strong>{" "}
        <span className="muted">{role ? shown(role.level || role.rank) : "the top of the chart"}</span>
        {role ? <p>{shown(role.description)}</p> : null}
      </div>
      <button type="button" className="quiet" onClick={onClose}>
        Show all steps
      </button>
    </div>
  );
}
