/** What a run may use and has used: limits, and tokens by role. */
import { useMemo, type ReactNode } from "react";
import type { NumberedEvent } from "../../events/numbered.ts";
import type { RunView } from "../../views/control-room/runs.ts";
import { gpuText, moneyText, tokensText, usageByRole } from "../../views/cost.ts";
import { deskOf } from "../../events/desk.ts";
import type { Names } from "./trace-list.tsx";
import { figureWords, plural, shown, tookWords } from "./words.ts";

const words: Readonly<Record<string, string>> = {
  // Not the steps of the trace: a hand-over is one there, and none here.
  steps: "steps (turns and actions)",
  modelCalls: "model calls",
  tokens: "tokens",
  depth: "depth of the stack",
  breadth: "tasks at one time",
  refusals: "refused calls",
  repeats: "repeats of a call",
  pingPong: "to and fro",
  money: "money",
  gpuSeconds: "seconds of GPUs",
  wallSeconds: "seconds of moving",
};

export function Budget({
  run,
  events,
  names,
}: {
  readonly run: RunView;
  readonly events: readonly NumberedEvent[];
  readonly names: Names;
}): ReactNode {
  const usage = useMemo(() => usageByRole(events), [events]);
  const used = useMemo(() => usedBy(run, events), [run, events]);
  return (
    <div className="budget">
      <h3>Limits</h3>
      <ul className="limits">
        {Object.entries(run.limits).map(([name, ceiling]) => {
          const now = used[name];
          const share = now === undefined ? 0 : Math.min(1, now / ceiling);
          return (
            <li key={name}>
              <span>{name === "modelCalls" && run.rehearsal ? "turns of the rehearsal" : (words[name] ?? name)}</span>
              <span className="bar">
                <i style={{ width: `${share * 100}%` }} className={share > 0.8 ? "bar-high" : ""} />
              </span>
              <span className="value">
                {now === undefined ? "" : `${figureWords(now)} of `}
                {figureWords(ceiling)}
                {name === "money" ? ` ${run.currency ?? ""}` : ""}
              </span>
            </li>
          );
        })}
      </ul>
      <h3>By role</h3>
      {usage.length === 0 ? <p className="muted">No model was called yet.</p> : null}
      <div className="scrolls" tabIndex={0} role="group" aria-label="usage by role">
        <table>
          <thead>
            <tr>
              <th>Role</th>
              <th>Model</th>
              <th className="value">Calls</th>
              <th className="value">Tokens</th>
              <th className="value">Time</th>
              <th className="value">Cost</th>
            </tr>
          </thead>
          <tbody>
            {usage.map(({ role, models, usage: sum }) => (
              <tr key={role}>
                <td>{names(role)}</td>
                <td>{models.map(shown).join(", ")}</td>
                <td className="value">
                  {figureWords(sum.calls)}
                  {sum.rehearsed === 0
                    ? ""
                    : sum.rehearsed === sum.calls
                      ? " rehearsed"
                      : ` (${sum.rehearsed} rehearsed)`}
                  {sum.repeated === 0 ? "" : ` (${plural(sum.repeated, "repeat")})`}
                </td>
                <td className="value">{tokensText(sum)}</td>
                <td className="value">{tookWords(sum.ms)}</td>
                <td className="value">
                  {[moneyText(sum.money), gpuText(sum)].filter((text) => text !== "").join(", ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="muted">
        What no server counted is not counted here either. A limit may have counted more: a call whose answer a crash
        took away counts there with what it may have used.
      </p>
    </div>
  );
}

/** Of those limits that count up over the whole run. */
function usedBy(run: RunView, events: readonly NumberedEvent[]): Readonly<Record<string, number | undefined>> {
  const lines = [...Map.groupBy(events, ({ line }) => line).values()].map((own) =>
    deskOf(own.map(({ event }) => event)),
  );
  const sum = (of: (desk: (typeof lines)[number]) => number): number =>
    lines.reduce((total, desk) => total + of(desk), 0);
  return {
    steps: sum(({ steps }) => steps),
    refusals: sum(({ refusals }) => refusals),
    modelCalls: run.counters.modelCalls,
    tokens: run.counters.tokens,
    money: run.counters.money / 1_000_000,
    gpuSeconds: Math.round(run.counters.gpuMs / 1000),
    wallSeconds: Math.floor(run.counters.movedMs / 1000),
    depth: Math.max(0, ...lines.map(({ frames }) => frames.length)),
  };
}
