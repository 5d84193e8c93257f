/**
 * What can be said against a file without reading what its rows mean: SQLite's own check, rows that name rows that are not there, a
 * layout that nobody migrated to, and numbers that were given without a gap and have one now.
 *
 * B1. Each check stands by itself: where the file is damaged so that one cannot be made, that is a problem and the next is made.
 */
import SQLite from "better-sqlite3";
import type { Database } from "better-sqlite3";
import { CadreError, isCadreError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { systemCode } from "./failure.ts";
import type { RowProblem } from "./inspection.ts";
import { listedDiffer } from "./listed-columns.ts";
import { migrate } from "./migrate.ts";
import { runLayout } from "./schema.ts";

/** So many of one kind are named; more would say nothing new. */
const most = 10;

/** `broken` selects the rows that should not be: one column that names each. */
type RowRule = { readonly table: string; readonly what: string; readonly broken: string };

const rowRules: readonly RowRule[] = [
  {
    table: "lines",
    what: "it belongs to a run that its name does not say",
    broken: "SELECT id FROM lines WHERE substr(id, 1, length(run) + 1) <> run || '.'",
  },
  {
    table: "lines",
    what: "what it goes on from is not a main line, or not that much of it",
    broken: `SELECT lines.id FROM lines LEFT JOIN lines AS origin ON origin.id = lines.origin WHERE CASE
      WHEN lines.origin IS NULL THEN lines.cut <> 0
      ELSE lines.id <> lines.run || '.1' OR origin.id IS NOT origin.run || '.1' OR lines.cut NOT BETWEEN 1 AND origin.length
        OR lines.cut > lines.length OR origin.seq >= lines.seq END`,
  },
  {
    table: "runs",
    what: "its main line is missing",
    broken: "SELECT id FROM runs WHERE NOT EXISTS (SELECT 1 FROM lines WHERE lines.id = runs.id || '.1')",
  },
  {
    table: "effects",
    what: "its key, its line and its run do not belong together",
    broken: `SELECT key FROM effects WHERE substr(key, 1, length(line) + 1) <> line || '/'
      OR substr(line, 1, length(run) + 1) <> run || '.'`,
  },
  {
    table: "effects",
    what: "it was reported or begun under an epoch that its line never had",
    broken: `SELECT effects.key FROM effects JOIN lines ON lines.id = effects.line
      WHERE effects.epoch NOT BETWEEN 0 AND lines.epoch OR effects.attempts < 1`,
  },
  {
    table: "effects",
    what: "it has an outcome and is marked as failed",
    broken: "SELECT key FROM effects WHERE outcome IS NOT NULL AND failed IS NOT NULL",
  },
  {
    table: "asks",
    what: "its name, its line and its run do not belong together",
    broken: `SELECT id FROM asks WHERE substr(line, 1, length(run) + 1) <> run || '.'
      OR id <> 'a-' || replace(substr(line, 3), '.', '-') || '-' || idx`,
  },
  {
    table: "asks",
    what: "lists show it otherwise than the event that raised it",
    broken: `SELECT asks.id FROM asks JOIN events USING (line, idx) WHERE json_valid(body) AND (${listedDiffer})`,
  },
  {
    table: "votes",
    what: "its columns do not say what the vote says",
    broken: `SELECT ask || ' ' || voter FROM votes WHERE CASE WHEN json_valid(body) THEN voter IS NOT body ->> '$.by'
      OR hash IS NOT body ->> '$.hash' OR verb IS NOT body ->> '$.verb' ELSE 1 END`,
  },
  {
    table: "votes",
    what: "it is on an ask that one person decides",
    broken: `SELECT ask || ' ' || voter FROM votes JOIN asks ON asks.id = votes.ask
      JOIN events ON events.line = asks.line AND events.idx = asks.idx
      WHERE json_valid(events.body) AND events.body ->> '$.approvers' IS NULL`,
  },
  {
    table: "lines",
    what: "its lease does not name an owner that could hold it",
    broken: `SELECT id FROM lines WHERE epoch < 0 OR (length > cut AND epoch = 0) OR owner IS NOT NULL AND (epoch = 0 OR lease_until < 0
      OR CASE WHEN json_valid(owner) THEN json_type(owner, '$.host') IS NOT 'text' OR json_type(owner, '$.boot') IS NOT 'text'
        OR json_type(owner, '$.pid') IS NOT 'integer' OR json_type(owner, '$.start') IS NOT 'text' ELSE 1 END)`,
  },
  {
    table: "writes",
    what: "it belongs to a checkpoint that its line does not stand at, or is not JSON",
    broken: `SELECT writes.line || ' ' || task || ' ' || idx FROM writes JOIN lines ON lines.id = writes.line
      WHERE checkpoint IS NOT head_checkpoint OR task = '' OR NOT json_valid(value)`,
  },
  {
    table: "runs",
    what: "it is to stop, and the row does not say who wants that",
    broken: "SELECT id FROM runs WHERE (signal IS NULL) <> (signal_by IS NULL) OR signal_by = ''",
  },
  {
    table: "runs",
    what: "its model or its workspace is not one that a run could have",
    broken: "SELECT id FROM runs WHERE model = '' OR workspace NOT LIKE '/%' AND workspace NOT GLOB '[A-Za-z]:*'",
  },
  {
    // SQLite's own check of constraints passes over this one in a table that has others on columns that are null.
    table: "runs",
    what: "whether it is a rehearsal is neither 0 nor 1",
    broken: "SELECT id FROM runs WHERE rehearsal NOT IN (0, 1)",
  },
  {
    table: "runs",
    what: "what it counts as used is not what its ledger adds up to",
    broken: `SELECT id FROM runs LEFT JOIN (SELECT run, sum(reserved_calls) AS calls, sum(reserved_tokens) AS used
      , sum(reserved_money) AS paid, sum(reserved_gpu_ms) AS gpu FROM effects GROUP BY run) AS ledger ON ledger.run = runs.id
      WHERE model_calls <> coalesce(calls, 0) OR tokens <> coalesce(used, 0) OR money <> coalesce(paid, 0) OR gpu_ms <> coalesce(gpu, 0)`,
  },
  {
    table: "runs",
    what: "it counts money of no currency, or less than no time",
    broken: "SELECT id FROM runs WHERE (currency IS NULL AND money <> 0) OR currency = '' OR moved_ms < 0",
  },
];

/** Tables whose rows are never deleted: their numbers, given by SQLite one after another, have no gap. */
const numbered = ["runs", "lines", "events", "asks", "effects", "votes"] as const;

function gapIn(db: Database, table: (typeof numbered)[number]): RowProblem[] {
  type Span = { readonly many: number; readonly first: number | null; readonly last: number | null };
  const span = db.prepare<[], Span>(`SELECT count(*) AS many, min(seq) AS first, max(seq) AS last FROM ${table}`).get();
  if (span === undefined || span.many === 0 || (span.first === 1 && span.last === span.many)) return [];
  const before = db
    .prepare<[], number>(
      `SELECT seq FROM ${table} AS row WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE seq = row.seq + 1) ORDER BY seq LIMIT 1`,
    )
    .pluck()
    .get();
  const missing = span.first === 1 ? (before ?? 0) + 1 : 1;
  return [{ row: `${table} ${missing}`, what: "it is missing: rows were deleted, or numbered anew" }];
}

function brokenRows(db: Database, { table, what, broken }: RowRule): RowProblem[] {
  const names = db.prepare<[], string>(`${broken} LIMIT ${most}`).pluck().all();
  return names.map((name) => ({ row: `${table} ${name}`, what }));
}

function integrity(db: Database): RowProblem[] {
  const said = db.prepare<[], string>(`PRAGMA integrity_check(${most})`).pluck().all();
  return said
    .filter((line) => line !== "ok")
    .map((what) => ({ row: "file", what: `SQLite finds it damaged: ${what}` }));
}

function dangling(db: Database): RowProblem[] {
  type Violation = { readonly table: string; readonly rowid: number | null; readonly parent: string };
  const found = db.prepare<[], Violation>("PRAGMA foreign_key_check").all();
  return found.slice(0, most).map(({ table, rowid, parent }) => ({
    row: `${table} ${rowid ?? "?"}`,
    what: `it belongs to a row of ${parent} that is not there`,
  }));
}

function layoutOf(db: Database): Map<string, string> {
  type Part = { readonly type: string; readonly name: string; readonly sql: string | null };
  const parts = db.prepare<[], Part>("SELECT type, name, sql FROM sqlite_schema").all();
  // What SQLite keeps for itself (statistics of ANALYZE) is nobody's change.
  return new Map(
    parts
      .filter((part) => !part.name.startsWith("sqlite_stat"))
      .map((part) => [`${part.type} ${part.name}`, part.sql ?? ""]),
  );
}

/** What the migrations make of an empty file. */
function freshLayout(): Map<string, string> {
  const fresh = new SQLite(":memory:");
  try {
    migrate(fresh, runLayout, { now: () => 0 }, ":memory:");
    return layoutOf(fresh);
  } finally {
    fresh.close();
  }
}

/** A constant of this version; made when it is first asked for. */
let expectedLayout: Map<string, string> | undefined;

/** A trigger, a view or a table that differs would let rows say what cadre never wrote. */
function layout(db: Database): RowProblem[] {
  const expected = (expectedLayout ??= freshLayout());
  const found = layoutOf(db);
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names]
    .filter((name) => expected.get(name) !== found.get(name))
    .map((name) => ({
      row: `layout ${name}`,
      what: !found.has(name) ? "it is missing" : expected.has(name) ? "it was changed" : "cadre did not make it",
    }));
}

function migrationsTold(db: Database): RowProblem[] {
  const version = db.pragma("user_version", { simple: true }) as number;
  const told = db.prepare<[], number>("SELECT version FROM migrations ORDER BY version").pluck().all();
  const whole = told.length === version && told.every((each, index) => each === index + 1);
  return whole ? [] : [{ row: "migrations", what: `they do not tell how the file came to layout ${version}` }];
}

function rootOf(error: unknown): unknown {
  return error instanceof CadreError && error.cause !== undefined ? error.cause : error;
}

/** B1. */
function attempt({ read }: Connection, what: string, check: () => RowProblem[]): RowProblem[] {
  try {
    return read(check);
  } catch (error) {
    // A table that is missing is a mistake of ours everywhere else.
    const damaged = isCadreError(error, "store-corrupt") || systemCode(rootOf(error)) === "SQLITE_ERROR";
    if (!damaged) throw error;
    return [{ row: "file", what: `${what} cannot be checked: ${(error as Error).message}` }];
  }
}

export function fileProblems(connection: Connection): readonly RowProblem[] {
  const { db } = connection;
  return [
    ...attempt(connection, "its pages", () => integrity(db)),
    ...attempt(connection, "its layout", () => layout(db)),
    ...attempt(connection, "its migrations", () => migrationsTold(db)),
    ...attempt(connection, "what belongs to what", () => dangling(db)),
    ...numbered.flatMap((table) => attempt(connection, `the order of ${table}`, () => gapIn(db, table))),
    ...rowRules.flatMap((rule) => attempt(connection, `the table ${rule.table}`, () => brokenRows(db, rule))),
  ];
}
