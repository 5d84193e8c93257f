/** What a run is, where it stands, and what can be done with it as a whole. */
import { useMemo, type ReactNode } from "react";
import { Link } from "wouter";
import type { RunView } from "../../views/control-room/runs.ts";
import { runOutcome, type RunOutcome } from "../../views/outcome.ts";
import { useNow, useSurroundings } from "../data/hooks.ts";
import type { FollowedRun } from "../data/use-run.ts";
import { RunActions } from "./run-actions.tsx";
import { ErrorNote, StatusPill } from "./small.tsx";
import { agoWords, figureWords, shown, timeWords, tookWords } from "./words.ts";

export function RunHead({ run, followed }: { readonly run: RunView; readonly followed: FollowedRun }): ReactNode {
  const now = useNow(1000);
  const { exported } = useSurroundings();
  const outcome = useMemo(() => runOutcome(followed.events), [followed.events]);
  const until = run.endedAt === null ? (exported ? lastAt(followed, run.startedAt) : now) : Date.parse(run.endedAt);
  const tokens = outcome.usage.promptTokens + outcome.usage.completionTokens;
  return (
    <header className="run-head">
      <div className="run-title">
        <h1>{shown(run.title)}</h1>
        <Origin run={run} past={outcome.past} now={now} />
      </div>
      <div className="run-facts">
        <StatusPill status={run.status} words={statusWords(run)} />
        <HeadFact name="elapsed" value={tookWords(until - Date.parse(run.startedAt))} />
        <HeadFact name="steps" value={figureWords(outcome.counts.steps)} />
        <HeadFact name="tokens" value={outcome.usage.counted === 0 ? "–" : figureWords(tokens)} />
        <HeadFact name="escalations" value={figureWords(outcome.counts.escalations)} />
      </div>
      {exported ? null : <RunActions run={run} lastStep={outcome.counts.steps} />}
      {run.reason === null || run.reason === "" ? null : <p className="run-reason">{shown(run.reason)}</p>}
      {run.trouble === null ? null : <ErrorNote error={run.trouble} />}
    </header>
  );
}

/** Who began it, when, with which brief, and what it goes on from. */
function Origin({
  run,
  past,
  now,
}: {
  readonly run: RunView;
  readonly past: RunOutcome["past"];
  readonly now: number;
}): ReactNode {
  const { exported } = useSurroundings();
  const { file } = run.brief;
  return (
    <p className="muted">
      <code>{run.id}</code> started by {shown(run.startedBy)}{" "}
      <time title={timeWords(run.startedAt)}>{exported ? timeWords(run.startedAt) : agoWords(run.startedAt, now)}</time>
      {file === null ? null : (
        <>
          {" "}
          · brief <code>{shown(file)}</code>
        </>
      )}
      {past === null || exported ? null : (
        <>
          {" "}
          · goes on from <Link href={`/runs/${past.run}`}>{past.run}</Link> after step {past.step},{" "}
          <Link href={`/compare/${past.run}/${run.id}`}>compare</Link>
        </>
      )}
      {run.rehearsal ? (
        <span className="badge-rehearsal" title="a deterministic policy stands in for the models">
          rehearsal
        </span>
      ) : null}
    </p>
  );
}

function lastAt(followed: FollowedRun, otherwise: string): number {
  return Date.parse(followed.events.at(-1)?.event.at ?? otherwise);
}

function statusWords(run: RunView): string {
  if (run.signal === "stop" && run.endedAt === null) return "Stopping";
  switch (run.status) {
    case "waiting": {
      const [first] = run.asks;
      return first === undefined || first.to === "user" ? "Waiting for you" : `Waiting for ${shown(first.to)}`;
    }
    case "running":
      return run.mover === null ? "Left in the middle" : run.mover === "here" ? "Running here" : "Running elsewhere";
    case "finished":
      return "Finished";
    case "failed":
      return "Failed";
    case "stopped":
      return "Stopped";
  }
}

function HeadFact({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <div className="head-fact">
      <span>{name}</span>
      <strong>{value}</strong>
    </div>
  );
}
