/**
 * Starts the story of `story.ts` or goes on with it, decides what a person would, and ends as `cadre run` would: same driving, same
 * signals, same errors, same exit codes. Only the models are scripted.
 */
import { once } from "node:events";
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import SQLite from "better-sqlite3";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { openContext } from "../../src/cli/context.ts";
import { drive } from "../../src/cli/drive.ts";
import { reportError } from "../../src/cli/errors.ts";
import { openOutput, type Sink } from "../../src/cli/output.ts";
import type { RoleModel } from "../../src/models/model.ts";
import { scriptedModel } from "../../src/testing.ts";
import type { ChildSettings } from "./child-settings.ts";
import { jumpingDate } from "./jumping-date.ts";
import { answers, brief, runId, say, withoutProbe } from "./story.ts";

type Sinks = { readonly stdout: Sink; readonly stderr: Sink };

/** Returns the exit code. */
export async function runStory(dir: string, settings: ChildSettings, to: Sinks = process): Promise<number> {
  if (settings.clock) globalThis.Date = jumpingDate(Date, settings.clock);
  if (settings.synchronous || settings.logPages) openOtherwise(settings);
  withoutProbe(settings.holdInEffect ? () => held(3_600_000) : undefined);
  const output = openOutput({ json: true, quiet: true, verbose: false, fields: null }, to.stdout, to.stderr);
  const context = openContext({ dir }, {}, output, () => process.stdin);
  try {
    const opened = openCadre({ dir, model: pacedModel(settings), ids: { runId: () => runId } });
    const cadre = acknowledging(opened, settings);
    try {
      const [known] = await cadre.store.runs();
      const run = known ?? (await cadre.start(brief, { by: "tester" }));
      const after = (await cadre.store.runEvents(run.id)).at(-1)?.seq ?? 0;
      return await drive(context, cadre, run, { onAsk: "exit", answers: answers(dir), by: "tester", after });
    } finally {
      opened.close();
    }
  } catch (error) {
    return reportError(error, output, { dir, command: context.command });
  }
}

/** Has the store open its file with other settings than its own. */
function openOtherwise({ synchronous, logPages = 1000 }: ChildSettings): void {
  const pragma = Reflect.get(SQLite.prototype, "pragma") as (source: string, options?: unknown) => unknown;
  SQLite.prototype.pragma = function other(source, options) {
    if (source !== "synchronous = FULL") return Reflect.apply(pragma, this, [source, options]);
    Reflect.apply(pragma, this, [`wal_autocheckpoint = ${logPages}`]);
    return Reflect.apply(pragma, this, [`synchronous = ${synchronous ?? "FULL"}`]);
  };
}

/** Says that it is here, and stays for a while once `begun`; what is given up ends at once. */
async function held(ms: number, signal?: AbortSignal, begun?: Promise<unknown>): Promise<void> {
  process.stdout.write('{"type":"held"}\n');
  await begun;
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** The script, at the pace that the settings say; a call that is given up ends its wait too. */
function pacedModel({ holdAt, holdMs = 3_600_000, holdFrom, modelMs = 0 }: ChildSettings): RoleModel {
  const scripted = scriptedModel(say);
  let calls = 0;
  return {
    id: scripted.id,
    tier: scripted.tier,
    call: async (request, options) => {
      calls += 1;
      if (calls === holdAt) await held(holdMs, options.signal, holdFrom ? firstSignal() : undefined);
      else if (modelMs > 0) await sleep(modelMs);
      return scripted.call(request, options);
    },
  };
}

async function firstSignal(): Promise<void> {
  const alive = setInterval(() => undefined, 1000); // a signal that is waited for keeps no process alive
  await Promise.race(["SIGINT", "SIGTERM"].map((signal) => once(process, signal)));
  clearInterval(alive);
}

/** What was acknowledged, on a channel of its own, as soon as it was. */
function acknowledging(cadre: Cadre, { acks: fd, signalAt }: ChildSettings): Cadre {
  if (fd === undefined) return cadre;
  const acknowledge = (line: string): void => {
    writeSync(fd, `${line}\n`);
    if (signalAt?.ack !== line) return;
    const send = (): void => void process.kill(process.pid, signalAt.signal);
    if (signalAt.afterMs === 0) send();
    else setTimeout(send, signalAt.afterMs).unref();
  };
  return {
    ...cadre,
    start: async (...input) => {
      const run = await cadre.start(...input);
      acknowledge("started");
      return run;
    },
    advance: (run, options) =>
      cadre.advance(run, {
        ...options,
        onEvent: (event) => {
          acknowledge(`event ${event.index}`);
          options?.onEvent?.(event);
        },
      }),
    decide: async (ask, input) => {
      const row = await cadre.decide(ask, input);
      acknowledge(`decided ${row.id}`);
      return row;
    },
  };
}
