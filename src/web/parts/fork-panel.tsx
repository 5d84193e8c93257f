/**
 * Going on from a step in a new run: what would be shared, what comes next, and what a fork does not undo. A run that was cut off is gone
 * on with from its last step, unless another one is named.
 */
import { useDeferredValue, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
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
    step: "its number in the trace; an ask is put again",
    submit: "Fork",
    busy: "Forking…",
    option: "--at",
  },
  retry: {
    title: "Retry this run",
    about: "A new run that goes on where this one was cut off: same brief, chart and history. This one stays as it is.",
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
  const fork: Fork = {
    ...(at.trim() === "" ? {} : { at: Number(at) }),
    ...(model === "" ? {} : { model }),
    ...(adopt ? { chart: "adopt" } : {}),
  };
  const asked = useDeferredValue(JSON.stringify(fork));
  const sound = fork.at === undefined ? verb === "retry" : Number.isSafeInteger(fork.at) && fork.at > 0;
  const plan = useLoaded(`fork ${run} ${asked}`, () =>
    sound ? source.planFork(run, JSON.parse(asked) as Fork) : Promise.resolve(null),
  );
  const from = at.trim() === "" ? "" : ` ${said.option} ${shellWord(at.trim())}`;
  const options = `${model === "" ? "" : ` --model ${shellWord(model)}`}${adopt ? " --adopt" : ""}`;
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
          {verb === "fork" ? "Step to do anew" : "Step to go on with"} <em>{said.step}</em>
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
      {plan.value ? (
        <div className="fork-plan">
          <p>
            Goes on after step {plan.value.after}: {shown(plan.value.next)}
          </p>
          <p className="muted">
            {plural(plan.value.length, "event")} shared,{" "}
            {callsText({ calls: plan.value.sharedCalls + plan.value.sharedTurns, rehearsed: plan.value.sharedTurns })}{" "}
            not made again
          </p>
          {plan.value.stays.map(({ step: own, role, what, when }, index) => (
            <p key={index} className="stays">
              <WarningSign /> {own === null ? "" : `step ${own}, `}
              {shown(role)}: {shown(what)}{" "}
              {when === "before"
                ? "stays happened, and is not repeated"
                : "stays happened; the new run does not know of it"}
            </p>
          ))}
        </div>
      ) : null}
      {doing.error === null ? null : <ErrorNote error={doing.error} onClose={doing.clear} />}
      <div className="buttons">
        <button type="submit" className="primary" disabled={doing.busy || !plan.value}>
          {doing.busy ? said.busy : said.submit}
        </button>
        <button type="button" onClick={onClose}>
          Back
        </button>
      </div>
      <Command rest={`${verb} ${run}${from}${options}`} />
    </form>
  );
}
