/** What cadre needs and has here, as `cadre doctor` says it; who works on which run at this moment; and how the servers of models answer. */
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { HealthView, ModelServerView, WorkerView } from "../../views/control-room/health.ts";
import { useLoaded, useSource } from "../data/hooks.ts";
import { DoneSign, FailedSign, NoteSign } from "../parts/icons.tsx";
import { Command, Waiting } from "../parts/small.tsx";
import { figureWords, plural, shown, tookWords } from "../parts/words.ts";

const signs = { ok: DoneSign, note: NoteSign, broken: FailedSign } as const;

export function HealthPage(): ReactNode {
  const source = useSource();
  const { value, error, reload } = useLoaded("health", () => source.health());
  if (!value) return <Waiting error={error} what="the state of things" reload={reload} />;
  const broken = value.checks.filter(({ state }) => state === "broken").length;
  return (
    <div className="page health-page">
      <header className="page-head">
        <h1>Health</h1>
        <p className="muted">{broken === 0 ? "Nothing is broken." : `${broken} broken.`}</p>
        <button type="button" onClick={reload}>
          Look again
        </button>
      </header>
      <Checks checks={value.checks} />
      <Workers workers={value.workers} room={value.room} />
      <Servers servers={value.servers} />
    </div>
  );
}

function Checks({ checks }: { readonly checks: HealthView["checks"] }): ReactNode {
  return (
    <section>
      <h2>This project</h2>
      <ul className="checks">
        {checks.map(({ name, state, detail, hint }, at) => {
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
    </section>
  );
}

const workerWords = {
  alive: "at work",
  dead: "has ended: resume the run",
  elsewhere: "on another machine: not known from here",
} as const;

/** By the leases of lines: each is renewed every second by whoever moves it. */
function Workers({
  workers,
  room,
}: {
  readonly workers: readonly WorkerView[];
  readonly room: HealthView["room"];
}): ReactNode {
  return (
    <section>
      <h2>At work</h2>
      <p className="muted">
        This server is process {room.pid}, up for {tookWords(room.upMs)}; {plural(room.moving, "run")}{" "}
        {room.moving === 1 ? "moves" : "move"} here.
      </p>
      {workers.length === 0 ? (
        <p className="muted">No process holds a line of a run: everything waits, rests or is over.</p>
      ) : (
        <div className="scrolls" tabIndex={0} role="group" aria-label="processes at work">
          <table className="roles">
            <thead>
              <tr>
                <th>Run</th>
                <th>Line</th>
                <th>Process</th>
                <th>State</th>
                <th className="value">Last heartbeat</th>
                <th className="value">Lease left</th>
              </tr>
            </thead>
            <tbody>
              {workers.map(({ run, line, host, pid, state, beatMs, leaseMs }) => (
                <tr key={line}>
                  <td>
                    <Link href={`/runs/${run}`}>{run}</Link>
                  </td>
                  <td>
                    <code>{line}</code>
                  </td>
                  <td>{pid === room.pid ? "this server" : `${pid} on ${shown(host)}`}</td>
                  <td className={state === "dead" || leaseMs <= 0 ? "problem-count" : ""}>
                    {leaseMs <= 0 && state === "alive" ? "its lease has run out" : workerWords[state]}
                  </td>
                  <td className="value">{tookWords(beatMs)} ago</td>
                  <td className="value">{leaseMs <= 0 ? "none" : tookWords(leaseMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Servers({ servers }: { readonly servers: readonly ModelServerView[] }): ReactNode {
  return (
    <section>
      <h2>Servers of models</h2>
      <p className="muted">
        As this process has seen them since it began; what other processes saw is not known here. Cold starts are not
        measured.
      </p>
      {servers.length === 0 ? (
        <p className="muted">cadre.yaml names none: every role is rehearsed.</p>
      ) : (
        <div className="scrolls" tabIndex={0} role="group" aria-label="servers of models">
          <table className="roles">
            <thead>
              <tr>
                <th>Server</th>
                <th>Models</th>
                <th className="value">Answered</th>
                <th className="value">First answer, median</th>
                <th className="value">p95</th>
                <th className="value">Refused (429, 503)</th>
                <th className="value">Silent</th>
                <th className="value">Under way</th>
              </tr>
            </thead>
            <tbody>
              {servers.map(({ origin, models, seen }) => (
                <tr key={origin}>
                  <td>
                    <code>{shown(origin)}</code>
                  </td>
                  <td>{models.length === 0 ? "named by a run" : models.map(shown).join(", ")}</td>
                  {seen === null ? (
                    <td colSpan={6} className="muted">
                      not measured: this process has asked it nothing yet
                    </td>
                  ) : (
                    <>
                      <td className="value">{figureWords(seen.answered)}</td>
                      <td className="value">
                        {seen.firstAnswer === null ? "not measured" : tookWords(seen.firstAnswer.median)}
                      </td>
                      <td className="value">
                        {seen.firstAnswer === null ? "not measured" : tookWords(seen.firstAnswer.p95)}
                      </td>
                      <td className="value">{figureWords(seen.refused)}</td>
                      <td className="value">{figureWords(seen.silent)}</td>
                      <td className="value">
                        {seen.inFlight} of {seen.limit}
                        {seen.queued === 0 ? "" : `, ${seen.queued} wait`}
                      </td>
                    </>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Command rest="doctor --models" label="asking each of them" />
    </section>
  );
}
