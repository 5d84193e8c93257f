/** What can be done with a run as a whole; each asks once more, and shows its command. */
import { useEffect, useState, type ReactNode } from "react";
import type { RunView } from "../../views/control-room/runs.ts";
import { base } from "../data/server-source.ts";
import { useDoing, useSource, useSurroundings, type Doing } from "../data/hooks.ts";
import { ForkPanel } from "./fork-panel.tsx";
import { Command, ErrorNote } from "./small.tsx";

type Asked =
  | { readonly what: "stop" | "apply" }
  | { readonly what: "fork" | "retry"; readonly step: number | null }
  | null;

/** Told by a step of the trace that somebody wants to do it otherwise. */
export const forkEvent = "cadre-fork";

export function RunActions({ run, lastStep }: { readonly run: RunView; readonly lastStep: number }): ReactNode {
  const source = useSource();
  const { session } = useSurroundings();
  const doing = useDoing();
  const [asked, setAsked] = useState<Asked>(null);
  useEffect(() => {
    const onFork = (event: Event): void => setAsked({ what: "fork", step: (event as CustomEvent<number>).detail });
    window.addEventListener(forkEvent, onFork);
    return () => window.removeEventListener(forkEvent, onFork);
  }, []);
  if (!session.user.may.includes("run")) return null;
  const toggle = (next: NonNullable<Asked>): void => setAsked(asked?.what === next.what ? null : next);
  const left = run.status === "running" && run.mover === null;
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
      {possible(run, lastStep).map((next) => (
        <button
          key={next.what}
          type="button"
          aria-expanded={asked?.what === next.what}
          title={`${session.command} ${next.what} ${run.id}`}
          onClick={() => toggle(next)}
        >
          {words[next.what]}
        </button>
      ))}
      <a
        className="button"
        href={`${base}/api/runs/${run.id}/export`}
        download={`cadre-${run.id}.html`}
        title={`As one HTML file, to attach or to keep. ${session.command} export ${run.id}`}
      >
        Export
      </a>
      {asked === null ? null : asked.what === "fork" || asked.what === "retry" ? (
        <ForkPanel
          key={`${asked.what} ${asked.step}`}
          verb={asked.what}
          run={run.id}
          step={asked.step}
          onClose={() => setAsked(null)}
        />
      ) : (
        <Confirm what={asked.what} run={run.id} doing={doing} onClose={() => setAsked(null)} />
      )}
      {doing.error === null ? null : <ErrorNote error={doing.error} onClose={doing.clear} />}
    </div>
  );
}

const words = { stop: "Stop…", apply: "Apply changes…", fork: "Fork…", retry: "Retry…" } as const;

function possible(run: RunView, lastStep: number): NonNullable<Asked>[] {
  return [
    ...(run.status === "stopped" || run.status === "failed" ? [{ what: "retry", step: null } as const] : []),
    ...(lastStep > 1 ? [{ what: "fork", step: lastStep } as const] : []),
    ...(run.endedAt === null ? [{ what: "stop" } as const] : []),
    ...(run.status === "finished" ? [{ what: "apply" } as const] : []),
  ];
}

const questions = {
  stop: "Stop this run? Calls under way are aborted, and what waits is withdrawn. It does not go on afterwards.",
  apply: "Bring exactly the signed-off change set into the project's files?",
} as const;

function Confirm({
  what,
  run,
  doing,
  onClose,
}: {
  readonly what: "stop" | "apply";
  readonly run: string;
  readonly doing: Doing;
  readonly onClose: () => void;
}): ReactNode {
  const source = useSource();
  const [applied, setApplied] = useState<number | null>(null);
  const go = (): void =>
    doing.run(async () => {
      if (what === "apply") return setApplied((await source.apply(run)).files.length);
      await source.stop(run);
      onClose();
    });
  return (
    <div className="confirm">
      <p>{applied === null ? questions[what] : `Applied: ${applied} files are in the project.`}</p>
      <div className="buttons">
        {applied === null ? (
          <button type="button" className="primary" disabled={doing.busy} onClick={go}>
            {what === "stop" ? "Stop it" : "Apply"}
          </button>
        ) : null}
        <button type="button" onClick={onClose}>
          {applied === null ? "Back" : "Close"}
        </button>
      </div>
      <Command rest={`${what} ${run}`} />
    </div>
  );
}
