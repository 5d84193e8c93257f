/**
 * The layout of a file of checkpoints: a file of its own kind, so that no thread can be mistaken for a line of a run, nor written by
 * whoever does not own it.
 *
 * - `threads`: what LangGraph calls a thread; `spaces`: a checkpoint namespace of it, and the names that its rows use (`names.ts`).
 * - `checkpoints`: mostly patches of the one before (`states.ts`); `writes`: a task's pending writes.
 * - `items`: values; `logs` and `entries`: lists of items that share what they have in common (`values.ts`).
 * - No number is given twice (AUTOINCREMENT): what some process remembers of a deleted row is never taken for a new one.
 * - As few trees as will do: each costs a page, and a thread of a hundred steps is not to pay for more than it says.
 */
import type { Layout } from "../store/schema.ts";

export const checkpointLayout: Layout = {
  what: "checkpoints",
  applicationId: 0x63616463, // cadc
  /** Half of what runs use: smaller rows, and a message of 1 KB wastes less of its last page. */
  pageSize: 512,
  advice: {
    goOn: "invoke the graph again with the same thread_id: it goes on from its newest checkpoint",
    elsewhere: "open a file elsewhere",
    look: "",
  },
  migrations: [
    {
      version: 1,
      sql: `
CREATE TABLE threads (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  epoch INTEGER NOT NULL DEFAULT 0,
  family INTEGER,
  generation INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE spaces (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  thread INTEGER NOT NULL REFERENCES threads (seq),
  name TEXT NOT NULL,
  newest INTEGER,
  names TEXT NOT NULL DEFAULT '[]',
  UNIQUE (thread, name)
) STRICT;

CREATE TABLE checkpoints (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  space INTEGER NOT NULL,
  id ANY NOT NULL,
  parent ANY,
  base INTEGER,
  body ANY NOT NULL,
  UNIQUE (space, id)
) STRICT;

CREATE TABLE writes (
  space INTEGER NOT NULL,
  checkpoint ANY NOT NULL,
  task ANY NOT NULL,
  body ANY NOT NULL,
  PRIMARY KEY (space, checkpoint, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE items (seq INTEGER PRIMARY KEY AUTOINCREMENT, body ANY NOT NULL) STRICT;

CREATE TABLE logs (seq INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER, cut INTEGER NOT NULL) STRICT;

CREATE TABLE entries (
  log INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  item INTEGER NOT NULL,
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;
`,
    },
  ],
};
