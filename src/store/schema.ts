/**
 * The layout of the file, as forward-only migrations. A published migration is never edited: add the next one.
 *
 * - An event is stored once, as canonical JSON; an ask points at the event that raised it, so what a person is shown cannot
 *   differ from what is chained (R3, D7).
 * - Whether a run runs or waits is not stored: it follows from its open asks (`runs.ts`). Only its end is (D6).
 * - Rowid tables with a `seq` of our own: the order of everything (D5), and smaller than WITHOUT ROWID at 1 KB a row.
 * - `threads`, `spaces`, `checkpoints` and `writes` are LangGraph's: a thread, a checkpoint namespace of it, a checkpoint, and a
 *   task's pending writes. A line of a run is a thread too (`lines.seq` is its thread's), with one checkpoint, the newest; its
 *   log is `events`. A thread of the general saver keeps its history; its logs are `logs`, `entries` and `items`.
 */

/** "cadr" in ASCII: says whose file this is to us and to `file`. */
export const applicationId = 0x63616472;

export type Migration = { readonly version: number; readonly sql: string };

export const migrations: readonly Migration[] = [
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
CREATE TABLE threads (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  epoch INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO threads (seq, id, epoch) SELECT seq, id, epoch FROM lines;
ALTER TABLE lines DROP COLUMN epoch;

CREATE TABLE spaces (
  seq INTEGER PRIMARY KEY,
  thread INTEGER NOT NULL REFERENCES threads (seq),
  name TEXT NOT NULL,
  UNIQUE (thread, name)
) STRICT;
INSERT INTO spaces (thread, name) SELECT seq, '' FROM lines WHERE head_checkpoint IS NOT NULL;

ALTER TABLE checkpoints RENAME TO checkpoints_1;
CREATE TABLE checkpoints (
  seq INTEGER PRIMARY KEY,
  space INTEGER NOT NULL REFERENCES spaces (seq),
  id ANY NOT NULL,
  parent ANY,
  base INTEGER,
  log_length INTEGER,
  body TEXT NOT NULL,
  metadata TEXT NOT NULL,
  UNIQUE (space, id)
) STRICT;
CREATE INDEX checkpoints_of_space ON checkpoints (space);
INSERT INTO checkpoints (space, id, log_length, body, metadata)
  SELECT spaces.seq, old.id, old.log_length, old.body, old.metadata
  FROM checkpoints_1 AS old JOIN lines ON lines.id = old.line AND lines.head_checkpoint = old.id
  JOIN spaces ON spaces.thread = lines.seq;
DROP TABLE checkpoints_1;

ALTER TABLE writes RENAME TO writes_1;
CREATE TABLE writes (
  space INTEGER NOT NULL REFERENCES spaces (seq),
  checkpoint ANY NOT NULL,
  task ANY NOT NULL,
  path TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (space, checkpoint, task)
) STRICT, WITHOUT ROWID;
INSERT INTO writes (space, checkpoint, task, path, body)
  SELECT spaces.seq, old.checkpoint, old.task, '', json_group_array(json_array(old.idx, old.channel, old.value))
  FROM writes_1 AS old JOIN lines ON lines.id = old.line AND lines.head_checkpoint = old.checkpoint
  JOIN spaces ON spaces.thread = lines.seq GROUP BY spaces.seq, old.task;
DROP TABLE writes_1;

CREATE TABLE logs (
  seq INTEGER PRIMARY KEY,
  thread INTEGER NOT NULL REFERENCES threads (seq),
  parent INTEGER REFERENCES logs (seq),
  cut INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX logs_of_thread ON logs (thread);

CREATE TABLE items (
  seq INTEGER PRIMARY KEY,
  thread INTEGER NOT NULL REFERENCES threads (seq),
  body ANY NOT NULL
) STRICT;
CREATE INDEX items_of_thread ON items (thread);

CREATE TABLE entries (
  log INTEGER NOT NULL REFERENCES logs (seq),
  idx INTEGER NOT NULL,
  item INTEGER NOT NULL REFERENCES items (seq),
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;
`,
  },
];

export const latestVersion = migrations.at(-1)?.version ?? 0;
