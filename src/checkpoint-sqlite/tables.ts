/**
 * The rows of threads, their checkpoints and their pending writes. Statements are prepared once; nothing here knows values.
 * Order is that of `seq`, never of ids, which hold a clock's time (D5).
 */
import type { Connection } from "../store/connection.ts";
import type { Stored } from "./inert-json.ts";
import { packId, packValue, unpackId, unpackValue } from "./packed.ts";
import type { PackedId } from "./packed.ts";
import type { Ref } from "./ref.ts";

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
  /** JSON: the names that its rows refer to by number. */
  readonly names: string;
};

export type CheckpointRow = {
  readonly seq: number;
  readonly space: number;
  readonly id: string;
  /** The row, or the id where that checkpoint is not stored here. */
  readonly parent: number | string | null;
  /** The row whose state the body is a patch of; null: the body is the whole state. */
  readonly base: number | null;
  readonly body: string;
};

export type NewCheckpoint = Omit<CheckpointRow, "seq">;

/** With the id of its parent, whether or not that is stored here. */
export type ListedRow = CheckpointRow & { readonly parentId: string | null };

/** One write of a task: its place, its channel by number, where its value lies. */
export type TaskWrite = readonly [index: number, channel: number, ref: Ref];

/** `path`: by number. */
export type WritesRow = { readonly task: string; readonly path: number; readonly writes: readonly TaskWrite[] };

type Packed<Row> = Omit<Row, "id" | "parent" | "body"> & {
  readonly id: PackedId;
  readonly parent: number | PackedId | null;
  readonly body: Stored;
};
type WritesRecord = { readonly task: PackedId; readonly body: Stored };

function textOf(packed: Stored): string {
  return unpackValue(packed) as string;
}

function checkpointRow({ seq, space, id, parent, base, body }: Packed<CheckpointRow>): CheckpointRow {
  const parentIs = parent === null || typeof parent === "number" ? parent : unpackId(parent);
  return { seq, space, id: unpackId(id), parent: parentIs, base, body: textOf(body) };
}

type ListedRecord = Packed<CheckpointRow> & { readonly parentId: PackedId | null };

function listedRow({ seq, space, id, parent, base, body, parentId }: ListedRecord): ListedRow {
  const elsewhere = parent === null || typeof parent === "number" ? null : unpackId(parent);
  return {
    seq,
    space,
    id: unpackId(id),
    parent: elsewhere ?? (parent as number | null),
    base,
    body: textOf(body),
    parentId: elsewhere ?? (parentId && unpackId(parentId)),
  };
}

function packParent(parent: number | string | null): number | PackedId | null {
  return typeof parent === "string" ? packId(parent) : parent;
}

export type Tables = ReturnType<typeof checkpointTables>;

export function checkpointTables({ db }: Pick<Connection, "db">) {
  const thread = db.prepare<[string], ThreadRow>("SELECT * FROM threads WHERE id = ?");
  const threads = db.prepare<[], ThreadRow>("SELECT * FROM threads ORDER BY seq");
  const family = db.prepare<[number, number], ThreadRow>(
    "SELECT * FROM threads WHERE seq = ? OR family = ? ORDER BY seq",
  );
  const addThread = db.prepare<[string]>("INSERT INTO threads (id) VALUES (?)");
  const raiseEpoch = db.prepare<[number]>("UPDATE threads SET epoch = epoch + 1 WHERE seq = ?");
  const raiseGeneration = db.prepare<[number, number]>(
    "UPDATE threads SET generation = generation + 1 WHERE seq = ? OR family = ?",
  );
  const rewritten = db.prepare<[number]>(
    "UPDATE threads SET generation = generation + 1 WHERE seq = (SELECT thread FROM spaces WHERE seq = ?)",
  );
  const setFamily = db.prepare<[number, number]>("UPDATE threads SET family = ? WHERE seq = ?");

  const space = db.prepare<[number, string], SpaceRow>("SELECT * FROM spaces WHERE thread = ? AND name = ?");
  const spaces = db.prepare<[number], SpaceRow>("SELECT * FROM spaces WHERE thread = ? ORDER BY seq");
  const addSpace = db.prepare<[number, string]>("INSERT INTO spaces (thread, name) VALUES (?, ?)");

  const spaceBySeq = db.prepare<[number], SpaceRow>("SELECT * FROM spaces WHERE seq = ?");
  const setNames = db.prepare<[string, number]>("UPDATE spaces SET names = ? WHERE seq = ?");
  const setNewest = db.prepare<[number, number]>("UPDATE spaces SET newest = ? WHERE seq = ?");

  const bySeq = db.prepare<[number], Packed<CheckpointRow>>("SELECT * FROM checkpoints WHERE seq = ?");
  const byId = db.prepare<[number, PackedId], Packed<CheckpointRow>>(
    "SELECT * FROM checkpoints WHERE space = ? AND id = ?",
  );
  const listed = db.prepare<[string], ListedRecord>(
    `SELECT c.*, p.id AS parentId FROM json_each(?) AS wanted
     CROSS JOIN checkpoints AS c ON c.seq = wanted.value LEFT JOIN checkpoints AS p ON p.seq = c.parent`,
  );
  const seqs = db.prepare<[number], number>("SELECT seq FROM checkpoints WHERE space = ?").pluck();
  const seqsOfId = db.prepare<[PackedId], number>("SELECT seq FROM checkpoints WHERE id = ?").pluck();
  const onBase = db.prepare<[number, number], Packed<CheckpointRow>>(
    "SELECT * FROM checkpoints WHERE space = ? AND base = ?",
  );
  const add = db.prepare<[number, PackedId, number | PackedId | null, number | null, Stored]>(
    "INSERT OR IGNORE INTO checkpoints (space, id, parent, base, body) VALUES (?, ?, ?, ?, ?)",
  );
  const replace = db.prepare<[number | PackedId | null, number | null, Stored, number]>(
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
  const writesOfRows = db.prepare<[string], WritesRecord & { readonly seq: number }>(
    `SELECT c.seq, w.task, w.body FROM json_each(?) AS wanted
     CROSS JOIN checkpoints AS c ON c.seq = wanted.value CROSS JOIN writes AS w ON w.space = c.space AND w.checkpoint = c.id`,
  );
  const writesOfSpace = db.prepare<[number], WritesRecord>("SELECT task, body FROM writes WHERE space = ?");
  const addWrites = db.prepare<[number, PackedId, PackedId, Stored]>(
    "INSERT OR IGNORE INTO writes (space, checkpoint, task, body) VALUES (?, ?, ?, ?)",
  );
  const replaceWrites = db.prepare<[Stored, number, PackedId, PackedId]>(
    "UPDATE writes SET body = ? WHERE space = ? AND checkpoint = ? AND task = ?",
  );
  const removeWrites = db.prepare<[number, PackedId]>("DELETE FROM writes WHERE space = ? AND checkpoint = ?");

  const clearSpace = [
    db.prepare<[number]>("DELETE FROM writes WHERE space = ?"),
    db.prepare<[number]>("DELETE FROM checkpoints WHERE space = ?"),
    db.prepare<[number]>("DELETE FROM spaces WHERE seq = ?"),
  ];
  const removeThread = db.prepare<[number]>("DELETE FROM threads WHERE seq = ?");

  const writesRow = ({ task, body }: WritesRecord): WritesRow => {
    const [path, own] = JSON.parse(textOf(body)) as [number, TaskWrite[]];
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
    /** Of a whole family: what was deleted of one may be remembered for another. */
    raiseGeneration: (family: number) => void raiseGeneration.run(family, family),
    /** A row of the space was written over: who remembers it is to forget it. */
    rewritten: (space: number) => void rewritten.run(space),
    setFamily: (seq: number, root: number) => void setFamily.run(root, seq),
    removeThread: (seq: number) => void removeThread.run(seq),

    space: (of: number, name: string) => space.get(of, name),
    spaces: (of: number) => spaces.all(of),
    addSpace: (of: number, name: string): SpaceRow => {
      addSpace.run(of, name);
      return space.get(of, name)!;
    },
    spaceBySeq: (seq: number) => spaceBySeq.get(seq),
    setNames: (seq: number, names: string) => void setNames.run(names, seq),
    clearSpace: (seq: number) => {
      for (const statement of clearSpace) statement.run(seq);
    },

    checkpoint: (seq: number) => one(bySeq.get(seq)),
    checkpointById: (of: number, id: string) => one(byId.get(of, packId(id))),
    /** Those of these rows that are there, in this order. */
    listed: (wanted: readonly number[]): ListedRow[] => listed.all(JSON.stringify(wanted)).map(listedRow),
    /** Rows of a space, newest first. */
    seqs: (of: number) => seqs.all(of).toSorted((a, b) => b - a),
    seqsOfId: (id: string) => seqsOfId.all(packId(id)),
    /** Rows whose body is a patch of this one's. */
    onBase: (of: number, base: number) => onBase.all(of, base).map(checkpointRow),
    /** Its number; undefined where the space has a checkpoint of that id already, which stays as it is. */
    add: (row: NewCheckpoint): number | undefined => {
      const body = packValue(row.body);
      const { changes, lastInsertRowid } = add.run(row.space, packId(row.id), packParent(row.parent), row.base, body);
      if (changes === 0) return undefined;
      setNewest.run(Number(lastInsertRowid), row.space);
      return Number(lastInsertRowid);
    },
    replace: (seq: number, row: Pick<NewCheckpoint, "parent" | "base" | "body">) =>
      void replace.run(packParent(row.parent), row.base, packValue(row.body), seq),
    /** Its parent is gone: history begins here. */
    orphan: (seq: number) => void orphan.run(seq),
    remove: (seq: number) => void remove.run(seq),

    writes: (of: number, checkpoint: string) => writes.all(of, packId(checkpoint)).map(writesRow),
    /** By checkpoint row; none where nothing was written. */
    writesOfRows: (wanted: readonly number[]): Map<number, WritesRow[]> => {
      const found = new Map<number, WritesRow[]>();
      for (const record of writesOfRows.all(JSON.stringify(wanted))) {
        const own = found.get(record.seq);
        if (own === undefined) found.set(record.seq, [writesRow(record)]);
        else own.push(writesRow(record));
      }
      return found;
    },
    writesOfTask: (of: number, checkpoint: string, task: string): WritesRow | undefined => {
      const record = writesOfTask.get(of, packId(checkpoint), packId(task));
      return record === undefined ? undefined : writesRow(record);
    },
    writesOfSpace: (of: number) => writesOfSpace.all(of).map(writesRow),
    /** False where the task has written to that checkpoint already; then nothing was changed. */
    addWrites: (of: number, checkpoint: string, { task, path, writes: own }: WritesRow): boolean =>
      addWrites.run(of, packId(checkpoint), packId(task), packValue(JSON.stringify([path, own]))).changes === 1,
    replaceWrites: (of: number, checkpoint: string, { task, path, writes: own }: WritesRow) =>
      void replaceWrites.run(packValue(JSON.stringify([path, own])), of, packId(checkpoint), packId(task)),
    removeWrites: (of: number, checkpoint: string) => void removeWrites.run(of, packId(checkpoint)),
  };
}
