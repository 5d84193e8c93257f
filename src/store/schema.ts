/**
 * The layout of the file, as forward-only migrations. A published migration is never edited: add the next one.
 *
 * - An event is stored once, as canonical JSON; an ask points at the event that raised it, so what a person is shown cannot
 *   differ from what is chained (R3, D7).
 * - Whether a run runs or waits is not stored: it follows from its open asks (`runs.ts`). Only its end is (D6).
 * - Rowid tables with a `seq` of our own: the order of everything (D5), and smaller than WITHOUT ROWID at 1 KB a row.
 * - A line has one checkpoint, the newest: what came before it is in its events (D7).
 * - What lists show of an ask stands in its row too (`listed-columns.ts`), and what they show of a run in an index: ten thousand rows are
 *   listed without reading ten thousand events and briefs. The commit that raises the ask takes it out of the event, and `verify` compares the two.
 */

/** When a commit is on disk: at once, or at the next checkpoint of the write-ahead log (D1 needs `full`). */
export type Synchronous = "full" | "normal";

export type Migration = { readonly version: number; readonly sql: string };

/** `goOn`: once the disk is well again. `elsewhere`: where this place will not do. `look`: at a damaged file; a sentence, or nothing. */
export type Advice = { readonly goOn: string; readonly elsewhere: string; readonly look: string };

/** A kind of file: what marks it as ours, and how it came to look as it does. */
export type Layout = {
  /** What such a file is called in an error. */
  readonly what: string;
  /** Four letters of ASCII in the file's head: they say whose it is to us and to `file`. */
  readonly applicationId: number;
  /**
   * Of a new file, in bytes. Each tree of an empty file takes a page, and a row of a little over a page's third leaves a part of the page
   * unused: of 1, 2, 4 and 8 KB, 1 KB gave the smallest file at 100, 300 and 1000 steps of 1 KB (`npm run bench -- store`).
   */
  readonly pageSize: number;
  /** What an error tells whoever uses such a file, as the ends of sentences. */
  readonly advice: Advice;
  /** By version, from 1 on, without a gap. */
  readonly migrations: readonly Migration[];
};

const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;

CREATE TABLE charts (hash TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;

CREATE TABLE runs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  brief TEXT NOT NULL,
  entry TEXT NOT NULL,
  workflow TEXT NOT NULL,
  chart TEXT NOT NULL REFERENCES charts (hash),
  rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
  model TEXT,
  started_by TEXT NOT NULL,
  started_at TEXT NOT NULL,
  limits TEXT NOT NULL,
  workspace TEXT NOT NULL,
  ended TEXT CHECK (ended IN ('finished', 'failed', 'stopped')),
  ended_at TEXT,
  reason TEXT,
  signal TEXT CHECK (signal IN ('stop')),
  signal_by TEXT,
  model_calls INTEGER NOT NULL DEFAULT 0,
  tokens INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE lines (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  run TEXT NOT NULL REFERENCES runs (id),
  length INTEGER NOT NULL DEFAULT 0,
  head_hash BLOB NOT NULL,
  head_checkpoint TEXT,
  epoch INTEGER NOT NULL DEFAULT 0,
  owner TEXT,
  lease_until INTEGER,
  CHECK ((owner IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE INDEX lines_of_run ON lines (run);

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  line TEXT NOT NULL REFERENCES lines (id),
  idx INTEGER NOT NULL CHECK (idx >= 0),
  hash BLOB NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (line, idx)
) STRICT;

CREATE TABLE checkpoints (
  seq INTEGER PRIMARY KEY,
  line TEXT NOT NULL REFERENCES lines (id),
  namespace TEXT NOT NULL,
  id TEXT NOT NULL,
  parent TEXT,
  log_length INTEGER NOT NULL,
  body TEXT NOT NULL,
  metadata TEXT NOT NULL,
  UNIQUE (line, namespace, id)
) STRICT;

CREATE TABLE writes (
  line TEXT NOT NULL REFERENCES lines (id),
  checkpoint TEXT NOT NULL,
  task TEXT NOT NULL,
  idx INTEGER NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('__interrupt__', '__error__')),
  value TEXT NOT NULL,
  PRIMARY KEY (line, checkpoint, task, idx)
) STRICT;

CREATE TABLE asks (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  run TEXT NOT NULL REFERENCES runs (id),
  line TEXT NOT NULL,
  idx INTEGER NOT NULL,
  hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'decided', 'withdrawn')),
  decision TEXT,
  FOREIGN KEY (line, idx) REFERENCES events (line, idx),
  CHECK (state <> 'decided' OR decision IS NOT NULL)
) STRICT;
CREATE INDEX asks_of_run ON asks (run);
CREATE INDEX open_asks ON asks (run) WHERE state = 'open';

CREATE TABLE effects (
  seq INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  run TEXT NOT NULL REFERENCES runs (id),
  line TEXT NOT NULL REFERENCES lines (id),
  kind TEXT NOT NULL CHECK (kind IN ('model', 'tool')),
  intent TEXT NOT NULL,
  outcome TEXT,
  failed TEXT,
  attempts INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  reserved_calls INTEGER NOT NULL,
  reserved_tokens INTEGER NOT NULL
) STRICT;
CREATE INDEX effects_of_run ON effects (run);
`,
  },
  {
    version: 2,
    sql: `
ALTER TABLE checkpoints RENAME TO checkpoints_1;
CREATE TABLE checkpoints (
  line INTEGER PRIMARY KEY REFERENCES lines (seq),
  id TEXT NOT NULL,
  log_length INTEGER NOT NULL,
  body TEXT NOT NULL,
  metadata TEXT NOT NULL
) STRICT;
INSERT INTO checkpoints (line, id, log_length, body, metadata)
  SELECT lines.seq, old.id, old.log_length, old.body, old.metadata
  FROM checkpoints_1 AS old JOIN lines ON lines.id = old.line AND lines.head_checkpoint = old.id;
DROP TABLE checkpoints_1;
DELETE FROM writes WHERE checkpoint IS NOT (SELECT head_checkpoint FROM lines WHERE lines.id = writes.line);
`,
  },
  {
    // Child lines: whose they are, how they ended, whether the parent has taken that up, and whether they are to stop. And what counts
    // towards a run's limits is kept for each of its lines.
    version: 3,
    sql: `
ALTER TABLE lines ADD COLUMN parent TEXT;
ALTER TABLE lines ADD COLUMN opened_at INTEGER;
ALTER TABLE lines ADD COLUMN ended TEXT CHECK (ended IN ('reported', 'stopped'));
ALTER TABLE lines ADD COLUMN closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1));
ALTER TABLE lines ADD COLUMN signal TEXT CHECK (signal IN ('stop'));
ALTER TABLE lines ADD COLUMN signal_by TEXT;
ALTER TABLE lines ADD COLUMN steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lines ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
UPDATE lines SET
  steps = (SELECT count(*) FROM events WHERE line = lines.id
    AND CASE WHEN json_valid(body) THEN json_extract(body, '$.type') END IN ('turn_taken', 'action_done')),
  refusals = (SELECT count(*) FROM events WHERE line = lines.id
    AND CASE WHEN json_valid(body) THEN json_extract(body, '$.type') END = 'refused');
`,
  },
  {
    // What lists show. An event that is damaged gives nothing here: `verify` says so, and must be able to open the file.
    version: 4,
    sql: `
ALTER TABLE asks RENAME TO asks_3;
DROP INDEX asks_of_run;
DROP INDEX open_asks;
CREATE TABLE asks (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  run TEXT NOT NULL REFERENCES runs (id),
  line TEXT NOT NULL,
  idx INTEGER NOT NULL,
  hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'decided', 'withdrawn')),
  kind TEXT NOT NULL,
  role TEXT NOT NULL,
  recipient TEXT NOT NULL,
  topic TEXT NOT NULL,
  decision TEXT,
  FOREIGN KEY (line, idx) REFERENCES events (line, idx),
  CHECK (state <> 'decided' OR decision IS NOT NULL)
) STRICT;
INSERT INTO asks (seq, id, run, line, idx, hash, state, kind, role, recipient, topic, decision)
  SELECT old.seq, old.id, old.run, old.line, old.idx, old.hash, old.state, coalesce(body ->> '$.kind', ''),
    coalesce(body ->> '$.role', ''), coalesce(body ->> '$.to', ''), coalesce(body ->> '$.topic', ''), old.decision
  FROM asks_3 AS old LEFT JOIN events ON events.line = old.line AND events.idx = old.idx AND json_valid(events.body);
DROP TABLE asks_3;
CREATE INDEX asks_of_run ON asks (run);
CREATE INDEX open_asks ON asks (run) WHERE state = 'open';
CREATE INDEX listed_runs ON runs (seq, id, title, entry, started_at, rehearsal, ended);
`,
  },
  {
    // What was told to whom of which ask. What is due follows from the asks; a row stands once somebody began to tell.
    version: 5,
    sql: `
CREATE TABLE notices (
  ask TEXT NOT NULL REFERENCES asks (id),
  occasion TEXT NOT NULL,
  target TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  busy_until INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  outcome TEXT,
  told_at TEXT,
  PRIMARY KEY (ask, occasion, target)
) STRICT;
`,
  },
  {
    // Who has seen an ask, and the votes on one that takes several people.
    version: 6,
    sql: `
ALTER TABLE asks ADD COLUMN acknowledged TEXT;
CREATE TABLE votes (
  seq INTEGER PRIMARY KEY,
  ask TEXT NOT NULL REFERENCES asks (id),
  voter TEXT NOT NULL,
  hash TEXT NOT NULL,
  verb TEXT NOT NULL CHECK (verb IN ('approve', 'reject')),
  body TEXT NOT NULL,
  UNIQUE (ask, voter, hash)
) STRICT;
`,
  },
  {
    // Money in millionths of the currency's unit, the time of GPUs in milliseconds, and how long the run was being moved.
    version: 7,
    sql: `
ALTER TABLE runs ADD COLUMN currency TEXT;
ALTER TABLE runs ADD COLUMN money INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN gpu_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN moved_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE effects ADD COLUMN reserved_money INTEGER NOT NULL DEFAULT 0;
ALTER TABLE effects ADD COLUMN reserved_gpu_ms INTEGER NOT NULL DEFAULT 0;
`,
  },
  {
    // A run that goes on from a cut in another one's log: its main line has the first `cut` events of the line `origin`, where they lie.
    version: 8,
    sql: `
ALTER TABLE lines ADD COLUMN origin TEXT REFERENCES lines (id);
ALTER TABLE lines ADD COLUMN cut INTEGER NOT NULL DEFAULT 0 CHECK (cut >= 0);
`,
  },
  {
    // What an inbox shows of an ask, and what the clock needs to know of it. Of a question only its first line, which may be all of it: what
    // explains it stays in the event. Lists are in the order of the open ones; of a run they read nothing but the index.
    version: 9,
    sql: `
ALTER TABLE asks ADD COLUMN severity TEXT NOT NULL DEFAULT '';
ALTER TABLE asks ADD COLUMN raised_at TEXT NOT NULL DEFAULT '';
ALTER TABLE asks ADD COLUMN deadline TEXT;
ALTER TABLE asks ADD COLUMN bump TEXT;
ALTER TABLE asks ADD COLUMN headline TEXT NOT NULL DEFAULT '';
UPDATE asks SET severity = coalesce(body ->> '$.severity', ''), raised_at = coalesce(body ->> '$.at', ''), deadline = body ->> '$.deadline',
  bump = body ->> '$.seat.bump', headline = coalesce(CAST(substr(CAST(body ->> '$.question' AS BLOB), 1,
    instr(CAST(CAST(body ->> '$.question' AS BLOB) || x'0a' AS BLOB), x'0a') - 1) AS TEXT), '')
  FROM events WHERE events.line = asks.line AND events.idx = asks.idx AND json_valid(body);
DROP INDEX open_asks;
CREATE INDEX open_asks ON asks (run, seq, id, kind, role, recipient, topic) WHERE state = 'open';
CREATE INDEX waiting_asks ON asks (seq) WHERE state = 'open';
`,
  },
];

/** Runs: charts, lines, events, asks and effects. */
export const runLayout: Layout = {
  what: "runs",
  applicationId: 0x63616472, // cadr
  pageSize: 1024,
  advice: {
    goOn: "`cadre resume` the run",
    elsewhere: "give another folder with --data",
    look: " `cadre doctor` shows the file.",
  },
  migrations,
};

export function versionOf({ migrations: all }: Layout): number {
  return all.at(-1)?.version ?? 0;
}

export const latestVersion = versionOf(runLayout);
