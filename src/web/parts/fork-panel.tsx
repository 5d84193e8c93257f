/** Going on otherwise from a step: what would be shared, what comes next, and what a fork does not undo. */
import { useDeferredValue, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import { callsText } from "../../views/cost.ts";
import { useDoing, useLoaded, useSource } from "../data/hooks.ts";
import type { Fork } from "../data/source.ts";
import { WarningSign } from "./icons.tsx";
import { Command, ErrorNote } from "./small.tsx";
import { plural, shellWord, shown } from "./words.ts";

export function ForkPanel({
  run,
  step,
  onClose,
}: {
  readonly run: string;
  /** Where somebody pointed. */
  readonly step: number;
  readonly onClose: () => void;
}): ReactNode {
  const source = useSource();
  const doing = useDoing();
  const [, go] = useLocation();
  const [at, setAt] = useState(String(step));
  const [model, setModel] = useState("");
  const [adopt, setAdopt] = useState(false);
  const fork: Fork = { at: Number(at), ...(model === "" ? {} : { model }), ...(adopt ? { chart: "adopt" } : {}) };
  const asked = useDeferredValue(JSON.stringify(fork));
  const sound = Number.isSafeInteger(fork.at) && fork.at > 0;
  const plan = useLoaded(`fork ${run} ${asked}`, () =>
    sound ? source.planFork(run, JSON.parse(asked) as Fork) : Promise.resolve(null),
  );
  const options = `${model === "" ? "" : ` --model ${shellWord(model)}`}${adopt ? " --adopt" : ""}`;
  return (
    <form
      className="confirm fork"
      aria-label="Fork this run"
      onSubmit={(event) => {
        event.preventDefault();
        doing.run(async () => go(`/runs/${(await source.fork(run, fork)).id}`));
      }}
    >
      <p>A new run that does this one&apos;s work otherwise from a step on. This one stays as it is.</p>
      <label className="field">
        <span>
          Step to do anew <em>its number in the trace; an ask is put again</em>
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
          {doing.busy ? "Forking…" : "Fork"}
        </button>
        <button type="button" onClick={onClose}>
          Back
        </button>
      </div>
      <Command rest={`fork ${run} --at ${at}${options}`} />
    </form>
  );
}
