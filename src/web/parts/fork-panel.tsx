/**
 * Going on from a step in a new run: what would be shared, what comes next, and what a fork does not undo. A run that was cut off is gone
 * on with from its last step, unless another one is named.
 */
import { useDeferredValue, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import type { ForkView } from "../../views/control-room/runs.ts";
import { callsText } from "../../views/cost.ts";
import { useDoing, useLoaded, useSource } from "../data/hooks.ts";
import type { Fork } from "../data/source.ts";
import { WarningSign } from "./icons.tsx";
import { Command, ErrorNote } from "./small.tsx";
import { plural, shellWord, shown } from "./words.ts";

const words = {
  fork: {
    title: "Fork this run",
    about: "A new run that does this one’s work otherwise from a step on. This one stays as it is.",
    label: "Step to do anew",
    step: "its number in the trace; an ask is put again",
    submit: "Fork",
    busy: "Forking…",
    option: "--at",
  },
  retry: {
    title: "Retry this run",
    about: "A new run that goes on where this one was cut off: same brief, chart and history. This one stays as it is.",
    label: "Step to go on with",
    step: "its number in the trace; empty: the last that it can go on from",
    submit: "Retry",
    busy: "Starting…",
    option: "--from",
  },
} as const;

export function ForkPanel({
  verb,
  run,
  step,
  onClose,
}: {
  readonly verb: keyof typeof words;
  readonly run: string;
  /** Where somebody pointed; null: nowhere. */
  readonly step: number | null;
  readonly onClose: () => void;
}): ReactNode {
  const source = useSource();
  const doing = useDoing();
  const [, go] = useLocation();
  const said = words[verb];
  const [at, setAt] = useState(step === null ? "" : String(step));
  const [model, setModel] = useState("");
  const [adopt, setAdopt] = useState(false);
  const fork = forkOf(at, model, adopt);
  const asked = useDeferredValue(JSON.stringify(fork));
  const sound = isSound(verb, fork);
  const plan = useLoaded(`fork ${run} ${asked}`, () =>
    sound ? source.planFork(run, JSON.parse(asked) as Fork) : Promise.resolve(null),
  );
  const options = [
    ...(at.trim() === "" ? [] : [said.option, shellWord(at.trim())]),
    ...(model === "" ? [] : ["--model", shellWord(model)]),
    ...(adopt ? ["--adopt"] : []),
  ];
  return (
    <form
      className="confirm fork"
      aria-label={said.title}
      onSubmit={(event) => {
        event.preventDefault();
        doing.run(async () => go(`/runs/${(await source[verb](run, fork)).id}`));
      }}
    >
      <p>{said.about}</p>
      <label className="field">
        <span>
          {said.label} <em>{said.step}</em>
        </span>
        <input inputMode="numeric" value={at} onChange={(event) => setAt(event.target.value)} />
      </label>
      <label className="field">
        <span>
          Another model <em>a name from cadre.yaml, or hf:…; empty: as before</em>
        </span>
        <input value={model} onChange={(event) => setModel(event.target.value)} />
      </label>
      <label className="tick">
        <input type="checkbox" checked={adopt} onChange={(event) => setAdopt(event.target.checked)} />
        <span>under the chart that the files hold now</span>
      </label>
      {plan.error === null ? null : <ErrorNote error={plan.error} />}
      {plan.value ? <Plan plan={plan.value} /> : null}
      {doing.error === null ? null : <ErrorNote error={doing.error} onClose={doing.clear} />}
      <div className="buttons">
        <button type="submit" className="primary" disabled={doing.busy || !plan.value}>
          {doing.busy ? said.busy : said.submit}
        </button>
        <button type="button" onClick={onClose}>
          Back
        </button>
      </div>
      <Command rest={[verb, run, ...options].join(" ")} />
    </form>
  );
}

/** A fork names its step; a retry may leave it open. */
function isSound(verb: keyof typeof words, { at }: Fork): boolean {
  return at === undefined ? verb === "retry" : Number.isSafeInteger(at) && at > 0;
}

function forkOf(at: string, model: string, adopt: boolean): Fork {
  return {
    ...(at.trim() === "" ? {} : { at: Number(at) }),
    ...(model === "" ? {} : { model }),
    ...(adopt ? { chart: "adopt" } : {}),
  };
}

/** What the new run would share, and what it does not undo. */
function Plan({
  plan: { after, next, length, sharedCalls, sharedTurns, stays },
}: {
  readonly plan: ForkView;
}): ReactNode {
  return (
    <div className="fork-plan">
      <p>
        Goes on after step {after}: {shown(next)}
      </p>
      <p className="muted">
        {plural(length, "event")} shared, {callsText({ calls: sharedCalls + sharedTurns, rehearsed: sharedTurns })} not
        made again
      </p>
      {stays.map(({ step, role, what, when }, index) => (
        <p key={index} className="stays">
          <WarningSign /> {step === null ? "" : `step ${step}, `}
          {shown(role)}: {shown(what)}{" "}
          {when === "before"
            ? "stays happened, and is not repeated"
            : "stays happened; the new run does not know of it"}
        </p>
      ))}
    </div>
  );
}
