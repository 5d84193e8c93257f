/** `inspection.ts` over one SQLite file. */
import { existsSync, statSync } from "node:fs";
import type { AskId, RunId } from "../ids.ts";
import type { Connection } from "./connection.ts";
import type { Inspection, LedgerRecord, RunSize } from "./inspection.ts";
import { fileProblems } from "./verify-file.ts";

/** Several may hold still at one time: they see the state that the first of them chose, until the last is done. */
function holdStill({ db, read }: Connection): Inspection["frozen"] {
  let holders = 0;
  return async (body) => {
    if (!db.readonly) return body();
    holders += 1;
    try {
      if (!db.inTransaction)
        read(() => {
          db.exec("BEGIN");
          db.prepare("SELECT count(*) FROM sqlite_schema").get(); // the state is chosen by the first read
        });
      return await body();
    } finally {
      holders -= 1;
      if (holders === 0) letGo(db);
    }
  };
}

function letGo(db: Connection["db"]): void {
  try {
    if (db.inTransaction) db.exec("ROLLBACK");
  } catch {
    // A damaged file cannot even be let go of; what was read of it is known by now, and nothing was written.
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

type Reads = Pick<Inspection, "runIds" | "askIds" | "ledger" | "chartText" | "chartHashes">;

function rowReads({ db, read }: Connection): Reads {
  const runs = db.prepare<[], RunId>("SELECT id FROM runs ORDER BY seq").pluck();
  const asksOf = db.prepare<[RunId], AskId>("SELECT id FROM asks WHERE run = ? ORDER BY seq").pluck();
  const ledger = db.prepare<[RunId, number, number], LedgerRecord>(
    "SELECT * FROM effects WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?",
  );
  const chart = db.prepare<[string], string>("SELECT body FROM charts WHERE hash = ?").pluck();
  const charts = db.prepare<[], string>("SELECT hash FROM charts ORDER BY hash").pluck();
  return {
    runIds: async () => read(() => runs.all()),
    askIds: async (run) => read(() => asksOf.all(run)),
    ledger: async (run, after, limit) => read(() => ledger.all(run, after, limit)),
    chartText: async (hash) => read(() => chart.get(hash)),
    chartHashes: async () => read(() => charts.all()),
  };
}

type Facts = Pick<Inspection, "health" | "counts" | "largestRuns">;

function facts({ db, file, read, snapshot }: Connection): Facts {
  const number = (pragma: string): number => db.pragma(pragma, { simple: true }) as number;
  const countOf = (sql: string): number => db.prepare<[], number>(`SELECT count(*) FROM ${sql}`).pluck().get() ?? 0;
  // octet_length() reads a row's head and not its pages.
  const largest = `
    SELECT run, sum(events) AS events, sum(bytes) AS bytes FROM (
      SELECT lines.run AS run, count(*) AS events, sum(octet_length(events.body)) AS bytes
        FROM events JOIN lines ON lines.id = events.line GROUP BY lines.run
      UNION ALL
      SELECT run, 0, sum(octet_length(intent) + coalesce(octet_length(outcome), 0)) FROM effects GROUP BY run)
    GROUP BY run ORDER BY bytes DESC, run LIMIT ?`;
  return {
    health: async () =>
      read(() => ({
        file,
        bytes: sizeOf(file),
        walBytes: sizeOf(`${file}-wal`),
        pageBytes: number("page_size"),
        freeBytes: number("freelist_count") * number("page_size"),
        schema: number("user_version"),
        integrity: String(db.pragma("quick_check(1)", { simple: true })),
      })),
    counts: async () =>
      snapshot(() => ({
        runs: countOf("runs"),
        lines: countOf("lines"),
        events: countOf("events"),
        checkpoints: countOf("checkpoints"),
        effects: countOf("effects"),
        openAsks: countOf("asks WHERE state = 'open'"),
      })),
    largestRuns: async (limit) => read(() => db.prepare<[number], RunSize>(largest).all(limit)),
  };
}

export function inspection(connection: Connection): Inspection {
  return {
    ...rowReads(connection),
    ...facts(connection),
    frozen: holdStill(connection),
    fileProblems: async () => fileProblems(connection),
  };
}
