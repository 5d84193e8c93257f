/**
 * Runs, their lines and charts. A run's status is read from here and from nowhere else (D6): `ended` once it has ended, else
 * `waiting` while an ask of it is open, else `running`. It is computed, so a decision needs no second write to take effect.
 */
import { canonicalJson } from "../canonical.ts";
import type { Brief, Limits } from "../briefs/brief.ts";
import { CadreError } from "../errors.ts";
import { mainLine } from "../ids.ts";
import type { LineId, RunId } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { NewFork, NewRun, RunStore } from "./ports.ts";
import type { RunRow, RunStatus } from "./rows.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";
import { forkWriter } from "./fork-rows.ts";
import { genesis, lineRow } from "./lines.ts";
import type { LineRecord } from "./lines.ts";

type RunRecord = {
  readonly id: RunId;
  readonly status: RunStatus;
  readonly title: string;
  readonly brief: string;
  readonly entry: string;
  readonly workflow: string;
  readonly chart: string;
  readonly rehearsal: 0 | 1;
  readonly model: string | null;
  readonly started_by: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly limits: string;
  readonly currency: string | null;
  readonly workspace: string;
  readonly signal: "stop" | null;
  readonly signal_by: string | null;
  readonly model_calls: number;
  readonly tokens: number;
  readonly money: number;
  readonly gpu_ms: number;
  readonly moved_ms: number;
  readonly reason: string | null;
  readonly origin: LineId | null;
  readonly cut: number;
};

function runRow(record: RunRecord): RunRow {
  return {
    id: record.id,
    status: record.status,
    title: record.title,
    brief: JSON.parse(record.brief) as Brief,
    entry: record.entry,
    workflow: record.workflow,
    chart: record.chart,
    rehearsal: record.rehearsal === 1,
    model: record.model,
    startedBy: record.started_by,
    startedAt: record.started_at,
    endedAt: record.ended_at,
    limits: JSON.parse(record.limits) as Limits,
    currency: record.currency,
    workspace: record.workspace,
    signal: record.signal,
    signalBy: record.signal_by,
    counters: {
      modelCalls: record.model_calls,
      tokens: record.tokens,
      money: record.money,
      gpuMs: record.gpu_ms,
      movedMs: record.moved_ms,
    },
    reason: record.reason,
    ...(record.origin === null ? {} : { past: { line: record.origin, length: record.cut } }),
  };
}

/** D6: how a row of `runs` says its status. `waits`: SQL that is true while an ask of the run is open. */
export function statusWhere(waits: string): string {
  return `coalesce(runs.ended, CASE WHEN ${waits} THEN 'waiting' ELSE 'running' END)`;
}

export const statusColumn = statusWhere("EXISTS (SELECT 1 FROM asks WHERE asks.run = runs.id AND asks.state = 'open')");

type RunReads = Pick<RunStore, "run" | "runs" | "lines" | "line" | "chart">;

export function runReads({ db, read }: Connection): RunReads {
  const rows = `SELECT * FROM (SELECT runs.*, ${statusColumn} AS status, main.origin, main.cut
    FROM runs LEFT JOIN lines AS main ON main.id = runs.id || '.1')`;
  const find = db.prepare<[RunId], RunRecord>(`${rows} WHERE id = ?`);
  const newest = db.prepare<[number], RunRecord>(`${rows} ORDER BY seq DESC LIMIT ?`);
  const ofStatus = db.prepare<[RunStatus, number], RunRecord>(`${rows} WHERE status = ? ORDER BY seq DESC LIMIT ?`);
  const linesOf = db.prepare<[RunId], LineRecord>("SELECT * FROM lines WHERE run = ? ORDER BY seq");
  const findLine = db.prepare<[LineId], LineRecord>("SELECT * FROM lines WHERE id = ?");
  const findChart = db.prepare<[string], string>("SELECT body FROM charts WHERE hash = ?").pluck();

  return {
    run: async (id) =>
      read(() => {
        const record = find.get(id);
        return record === undefined ? undefined : runRow(record);
      }),
    runs: async ({ status, limit = -1 } = {}) =>
      read(() => (status === undefined ? newest.all(limit) : ofStatus.all(status, limit)).map(runRow)),
    lines: async (run) => read(() => linesOf.all(run).map(lineRow)),
    line: async (id) =>
      read(() => {
        const record = findLine.get(id);
        return record === undefined ? undefined : lineRow(record);
      }),
    chart: async (hash) =>
      read(() => {
        const body = findChart.get(hash);
        return body === undefined ? undefined : (JSON.parse(body) as BoundChart);
      }),
  };
}

type RunWrites = Pick<RunStore, "createRun" | "putChart" | "setSignal">;

export function runWrites(connection: Connection): RunWrites {
  const { db, write } = connection;
  const insertChart = db.prepare<[string, string]>("INSERT OR IGNORE INTO charts (hash, body) VALUES (?, ?)");
  const insertRun = db.prepare(
    `INSERT INTO runs (id, title, brief, entry, workflow, chart, rehearsal, model, started_by, started_at, limits, currency, workspace)
     VALUES (@id, @title, @brief, @entry, @workflow, @chart, @rehearsal, @model, @startedBy, @startedAt, @limits, @currency, @workspace)
     ON CONFLICT (id) DO NOTHING`,
  );
  const insertLine = db.prepare<[LineId, RunId, Buffer]>("INSERT INTO lines (id, run, head_hash) VALUES (?, ?, ?)");
  const fork = forkWriter(connection);
  // The first to stop a run is the one who is named.
  const signal = db.prepare<["stop", string, RunId]>(
    "UPDATE runs SET signal = ?, signal_by = ? WHERE id = ? AND signal IS NULL AND ended IS NULL",
  );
  const known = db.prepare<[RunId], number>("SELECT 1 FROM runs WHERE id = ?").pluck();

  const put = (chart: BoundChart): void => void insertChart.run(chart.hash, canonicalJson(chart));

  const create = (run: NewRun, chart: BoundChart, from?: NewFork): void => {
    if (run.chart !== chart.hash) throw bug(`${run.id} is bound to chart ${run.chart}, not to ${chart.hash}`);
    put(chart);
    const { changes } = insertRun.run({
      ...run,
      brief: canonicalJson(run.brief),
      limits: canonicalJson(run.limits),
      rehearsal: run.rehearsal ? 1 : 0,
    });
    if (changes !== 1)
      throw new CadreError("run-exists", `There is already a run ${run.id}.`, {
        hint: "Start again: ids are random.",
        data: { run: run.id },
      });
    insertLine.run(mainLine(run.id), run.id, genesis);
    if (from !== undefined) fork(mainLine(run.id), from);
  };

  return {
    createRun: async (run, chart, from) => write(() => create(run, chart, from)),
    putChart: async (chart) => write(() => put(chart)),
    setSignal: async (run, name, by) =>
      write(() => {
        if (known.get(run) === undefined)
          throw new CadreError("run-unknown", `There is no run ${run}.`, {
            hint: "cadre runs lists them.",
            data: { run },
          });
        signal.run(name, by, run);
      }),
  };
}
