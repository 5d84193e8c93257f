/** What a run is, where it stands, and what can be done with it as a whole. */
import { useMemo, useState, type ReactNode } from "react";
import type { RunView } from "../../views/control-room.ts";
import { runOutcome } from "../../views/outcome.ts";
import { useDoing, useNow, useSource, useSurroundings } from "../data/hooks.ts";
import type { FollowedRun } from "../data/use-run.ts";
import { Command, ErrorNote, StatusPill } from "./small.tsx";
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
        <p className="muted">
          <code>{run.id}</code> started by {shown(run.startedBy)}{" "}
          <time title={timeWords(run.startedAt)}>
            {exported ? timeWords(run.startedAt) : agoWords(run.startedAt, now)}
          </time>
          {run.brief.file === null ? (
            ""
          ) : (
            <>
              {" "}
              · brief <code>{shown(run.brief.file)}</code>
            </>
          )}
          {run.rehearsal ? (
            <span className="badge-rehearsal" title="a deterministic policy stands in for the models">
              rehearsal
            </span>
          ) : null}
        </p>
      </div>
      <div className="run-facts">
        <StatusPill status={run.status} words={statusWords(run)} />
        <HeadFact name="elapsed" value={tookWords(until - Date.parse(run.startedAt))} />
        <HeadFact name="steps" value={figureWords(outcome.counts.steps)} />
        <HeadFact name="tokens" value={outcome.usage.counted === 0 ? "–" : figureWords(tokens)} />
        <HeadFact name="escalations" value={figureWords(outcome.counts.escalations)} />
      </div>
      {exported ? null : <RunActions run={run} />}
      {run.reason === null || run.reason === "" ? null : <p className="run-reason">{shown(run.reason)}</p>}
      {run.trouble === null ? null : <ErrorNote error={run.trouble} />}
    </header>
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

function RunActions({ run }: { readonly run: RunView }): ReactNode {
  const source = useSource();
  const { session } = useSurroundings();
  const doing = useDoing();
  const [asked, setAsked] = useState<"stop" | "apply" | null>(null);
  const [applied, setApplied] = useState<number | null>(null);
  const may = session.user.may.includes("run");
  const over = run.endedAt !== null;
  const left = !over && run.status === "running" && run.mover === null;
  if (!may) return null;
  return (
    <div className="run-actions">
      {left ? (
        <button
          type="button"
          className="primary"
          disabled={doing.busy}
          onClick={() => doing.run(() => source.resume(run.id))}
          title={`${session.command} resume ${run.id}`}
        >
          Resume
        </button>
      ) : null}
      {over ? null : (
        <button
          type="button"
          onClick={() => setAsked(asked === "stop" ? null : "stop")}
          aria-expanded={asked === "stop"}
          title={`${session.command} stop ${run.id}`}
        >
          Stop…
        </button>
      )}
      {run.status === "finished" ? (
        <button
          type="button"
          onClick={() => setAsked(asked === "apply" ? null : "apply")}
          aria-expanded={asked === "apply"}
          title={`${session.command} apply ${run.id}`}
        >
          Apply changes…
        </button>
      ) : null}
      {asked === null ? null : (
        <div className="confirm">
          <p>
            {asked === "stop"
              ? "Stop this run? Calls under way are aborted, and what waits is withdrawn. It does not go on afterwards."
              : "Bring exactly the signed-off change set into the project's files?"}
          </p>
          <div className="buttons">
            <button
              type="button"
              className="primary"
              disabled={doing.busy}
              onClick={() =>
                doing.run(async () => {
                  if (asked === "stop") await source.stop(run.id);
                  else setApplied((await source.apply(run.id)).files.length);
                  setAsked(null);
                })
              }
            >
              {asked === "stop" ? "Stop it" : "Apply"}
            </button>
            <button type="button" onClick={() => setAsked(null)}>
              Back
            </button>
          </div>
          <Command rest={`${asked} ${run.id}`} />
        </div>
      )}
      {applied === null ? null : <p className="note note-good">Applied: {applied} files are in the project.</p>}
      {doing.error === null ? null : <ErrorNote error={doing.error} onClose={doing.clear} />}
    </div>
  );
}
