/** What cadre needs and has here, as `cadre doctor` says it. */
import type { ReactNode } from "react";
import { useLoaded, useSource } from "../data/hooks.ts";
import { DoneSign, FailedSign, WarningSign } from "../parts/icons.tsx";
import { Command, Waiting } from "../parts/small.tsx";
import { shown } from "../parts/words.ts";

const signs = { ok: DoneSign, note: WarningSign, broken: FailedSign } as const;

export function HealthPage(): ReactNode {
  const source = useSource();
  const { value, error, reload } = useLoaded("health", () => source.health());
  if (!value) return <Waiting error={error} what="the state of things" reload={reload} />;
  const broken = value.filter(({ state }) => state === "broken").length;
  return (
    <div className="page health-page">
      <header className="page-head">
        <h1>Health</h1>
        <p className="muted">{broken === 0 ? "Nothing is broken." : `${broken} broken.`}</p>
        <button type="button" onClick={reload}>
          Look again
        </button>
      </header>
      <ul className="checks">
        {value.map(({ name, state, detail, hint }, at) => {
          const Sign = signs[state];
          return (
            <li key={at} className={`check check-${state}`}>
              <span className="check-sign">
                <Sign />
                <span className="unseen">{state}</span>
              </span>
              <strong>{shown(name)}</strong>
              <div>
                <p>{shown(detail)}</p>
                {hint === "" ? null : <p className="hint">→ {shown(hint)}</p>}
              </div>
            </li>
          );
        })}
      </ul>
      <Command rest="doctor" />
    </div>
  );
}
