/**
 * The rows of threads, their checkpoints and their pending writes. Statements are prepared once; nothing here knows values.
 * Order is that of `seq`, never of ids, which hold a clock's time (D5).
 */
import type { Connection } from "../store/connection.ts";
import { packId, packLike, unpackId, unpackLike } from "./packed.ts";
import type { PackedId } from "./packed.ts";
import type { Ref } from "./state.ts";

export type ThreadRow = {
  readonly seq: number;
  readonly id: string;
  readonly epoch: number;
  /** Threads that were forked or copied from one another share their values; null: one of its own. */
  readonly family: number | null;
  /** Rises when rows of the thread were deleted: what was remembered of them is void. */
  readonly generation: number;
};

export type SpaceRow = {
  readonly seq: number;
  readonly thread: number;
  readonly name: string;
  /** The checkpoint that was stored last. */
  readonly newest: number | null;
};

export type CheckpointRow = {
  readonly seq: number;
  readonly space: number;
  readonly id: string;
  /** The row, or the id where that checkpoint is not stored here. */
  readonly parent: number | string | null;
  /** The row whose state the body is a patch of; null: the body is the whole state. */
  readonly base: number | null;
  readonly body: Uint8Array;
};

export type NewCheckpoint = Omit<CheckpointRow, "seq">;

/** One write of a task: its place, its channel, where its value lies. */
export type TaskWrite = readonly [index: number, channel: string, ref: Ref];

export type WritesRow = { readonly task: string; readonly path: string; readonly writes: readonly TaskWrite[] };

type Packed<Row> = Omit<Row, "id" | "parent"> & { readonly id: PackedId; readonly parent: number | PackedId | null };
type WritesRecord = { readonly task: PackedId; readonly body: Uint8Array };

/** What the writes of most steps look like. Part of the layout: changing it takes a migration. */
const usualWrites = '["~__pregel_pull, __start__",[[0,"messages",["a",[["i",1]]]],[-3,"__interrupt__",["j","null"]],[1,"branch:to:agent",["j","\\"agent\\"';

function checkpointRow(record: Packed<CheckpointRow>): CheckpointRow {
  const { parent } = record;
  return {
    ...record,
    id: unpackId(record.id),
    parent: parent === null || typeof parent === "number" ? parent : unpackId(parent),
  };
}

function packParent(parent: number | string | null): number | PackedId | null {
  return typeof parent === "string" ? packId(parent) : parent;
}

export type Tables = ReturnType<typeof checkpointTables>;

export function checkpointTables({ db }: Pick<Connection, "db">) {
  const thread = db.prepare<[string], ThreadRow>("SELECT * FROM threads WHERE id = ?");
  const threads = db.prepare<[], ThreadRow>("SELECT * FROM threads ORDER BY seq");
  const family = db.prepare<[number, number], ThreadRow>("SELECT * FROM threads WHERE seq = ? OR family = ? ORDER BY seq");
  const addThread = db.prepare<[string]>("INSERT INTO threads (id) VALUES (?)");
  const raiseEpoch = db.prepare<[number]>("UPDATE threads SET epoch = epoch + 1 WHERE seq = ?");
  const raiseGeneration = db.prepare<[number]>("UPDATE threads SET generation = generation + 1 WHERE seq = ?");
  const setFamily = db.prepare<[number, number]>("UPDATE threads SET family = ? WHERE seq = ?");

  const space = db.prepare<[number, string], SpaceRow>("SELECT * FROM spaces WHERE thread = ? AND name = ?");
  const spaces = db.prepare<[number], SpaceRow>("SELECT * FROM spaces WHERE thread = ? ORDER BY seq");
  const addSpace = db.prepare<[number, string]>("INSERT INTO spaces (thread, name) VALUES (?, ?)");

  const setNewest = db.prepare<[number, number]>("UPDATE spaces SET newest = ? WHERE seq = ?");

  const bySeq = db.prepare<[number], Packed<CheckpointRow>>("SELECT * FROM checkpoints WHERE seq = ?");
  const byId = db.prepare<[number, PackedId], Packed<CheckpointRow>>(
    "SELECT * FROM checkpoints WHERE space = ? AND id = ?",
  );
  const seqs = db.prepare<[number], number>("SELECT seq FROM checkpoints WHERE space = ?").pluck();
  const seqsOfId = db.prepare<[PackedId], number>("SELECT seq FROM checkpoints WHERE id = ?").pluck();
  const onBase = db.prepare<[number, number], Packed<CheckpointRow>>(
    "SELECT * FROM checkpoints WHERE space = ? AND base = ?",
  );
  const add = db.prepare<[number, PackedId, number | PackedId | null, number | null, Uint8Array]>(
    "INSERT INTO checkpoints (space, id, parent, base, body) VALUES (?, ?, ?, ?, ?)",
  );
  const replace = db.prepare<[number | PackedId | null, number | null, Uint8Array, number]>(
    "UPDATE checkpoints SET parent = ?, base = ?, body = ? WHERE seq = ?",
  );
  const orphan = db.prepare<[number]>("UPDATE checkpoints SET parent = NULL WHERE seq = ?");
  const remove = db.prepare<[number]>("DELETE FROM checkpoints WHERE seq = ?");

  const writes = db.prepare<[number, PackedId], WritesRecord>(
    "SELECT task, body FROM writes WHERE space = ? AND checkpoint = ?",
  );
  const writesOfTask = db.prepare<[number, PackedId, PackedId], WritesRecord>(
    "SELECT task, body FROM writes WHERE space = ? AND checkpoint = ? AND task = ?",
  );
  const writesOfSpace = db.prepare<[number], WritesRecord>("SELECT task, body FROM writes WHERE space = ?");
  const putWrites = db.prepare<[number, PackedId, PackedId, Uint8Array]>(
    "INSERT OR REPLACE INTO writes (space, checkpoint, task, body) VALUES (?, ?, ?, ?)",
  );
  const removeWrites = db.prepare<[number, PackedId]>("DELETE FROM writes WHERE space = ? AND checkpoint = ?");

  const clearSpace = [
    db.prepare<[number]>("DELETE FROM writes WHERE space = ?"),
    db.prepare<[number]>("DELETE FROM checkpoints WHERE space = ?"),
    db.prepare<[number]>("DELETE FROM spaces WHERE seq = ?"),
  ];
  const removeThread = db.prepare<[number]>("DELETE FROM threads WHERE seq = ?");

  const writesRow = ({ task, body }: WritesRecord): WritesRow => {
    const [path, own] = JSON.parse(unpackLike(body, usualWrites)) as [string, TaskWrite[]];
    return { task: unpackId(task), path, writes: own };
  };
  const one = (record: Packed<CheckpointRow> | undefined): CheckpointRow | undefined =>
    record === undefined ? undefined : checkpointRow(record);

  return {
    thread: (id: string) => thread.get(id),
    threads: () => threads.all(),
    /** A thread and all that share its values. */
    family: (root: number) => family.all(root, root),
    addThread: (id: string): ThreadRow => {
      addThread.run(id);
      return thread.get(id)!;
    },
    raiseEpoch: (seq: number) => void raiseEpoch.run(seq),
    raiseGeneration: (seq: number) => void raiseGeneration.run(seq),
    setFamily: (seq: number, root: number) => void setFamily.run(root, seq),
    removeThread: (seq: number) => void removeThread.run(seq),

    space: (of: number, name: string) => space.get(of, name),
    spaces: (of: number) => spaces.all(of),
    addSpace: (of: number, name: string): SpaceRow => {
      addSpace.run(of, name);
      return space.get(of, name)!;
    },
    clearSpace: (seq: number) => {
      for (const statement of clearSpace) statement.run(seq);
    },

    checkpoint: (seq: number) => one(bySeq.get(seq)),
    checkpointById: (of: number, id: string) => one(byId.get(of, packId(id))),
    /** Rows of a space, newest first. */
    seqs: (of: number) => seqs.all(of).toSorted((a, b) => b - a),
    seqsOfId: (id: string) => seqsOfId.all(packId(id)),
    /** Rows whose body is a patch of this one's. */
    onBase: (of: number, base: number) => onBase.all(of, base).map(checkpointRow),
    add: (row: NewCheckpoint): number => {
      const { lastInsertRowid } = add.run(row.space, packId(row.id), packParent(row.parent), row.base, row.body);
      setNewest.run(Number(lastInsertRowid), row.space);
      return Number(lastInsertRowid);
    },
    replace: (seq: number, row: Pick<NewCheckpoint, "parent" | "base" | "body">) =>
      void replace.run(packParent(row.parent), row.base, row.body, seq),
    /** Its parent is gone: history begins here. */
    orphan: (seq: number) => void orphan.run(seq),
    remove: (seq: number) => void remove.run(seq),

    writes: (of: number, checkpoint: string) => writes.all(of, packId(checkpoint)).map(writesRow),
    writesOfTask: (of: number, checkpoint: string, task: string): WritesRow | undefined => {
      const record = writesOfTask.get(of, packId(checkpoint), packId(task));
      return record === undefined ? undefined : writesRow(record);
    },
    writesOfSpace: (of: number) => writesOfSpace.all(of).map(writesRow),
    putWrites: (of: number, checkpoint: string, { task, path, writes: own }: WritesRow) =>
      void putWrites.run(of, packId(checkpoint), packId(task), packLike(JSON.stringify([path, own]), usualWrites)),
    removeWrites: (of: number, checkpoint: string) => void removeWrites.run(of, packId(checkpoint)),
  };
}
