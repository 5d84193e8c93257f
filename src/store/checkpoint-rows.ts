/** Rows of checkpoints and of their pending writes. Newest means highest `seq`, whatever the ids say (D5). */
import type { LineId } from "../ids.ts";
import type { CheckpointRow, CheckpointStore, PendingWrite } from "./ports.ts";
import type { Connection } from "./connection.ts";
import { fencedLines } from "./lines.ts";

type CheckpointRecord = {
  readonly id: string;
  readonly parent: string | null;
  readonly namespace: string;
  readonly log_length: number;
  readonly body: string;
  readonly metadata: string;
};

function checkpointRow(record: CheckpointRecord): CheckpointRow {
  return {
    id: record.id,
    parent: record.parent,
    namespace: record.namespace,
    logLength: record.log_length,
    checkpoint: record.body,
    metadata: record.metadata,
  };
}

export function checkpointRows(
  connection: Connection,
): Pick<CheckpointStore, "checkpoint" | "checkpoints" | "putWrites" | "writes"> {
  const { db, read, write } = connection;
  const fenced = fencedLines(connection);
  const newest = db.prepare<[LineId, string, number], CheckpointRecord>(
    "SELECT * FROM checkpoints WHERE line = ? AND namespace = ? ORDER BY seq DESC LIMIT ?",
  );
  const older = db.prepare<[LineId, string, LineId, string, string, number], CheckpointRecord>(
    `SELECT * FROM checkpoints WHERE line = ? AND namespace = ? AND seq <
       (SELECT seq FROM checkpoints WHERE line = ? AND namespace = ? AND id = ?) ORDER BY seq DESC LIMIT ?`,
  );
  const byId = db.prepare<[LineId, string, string], CheckpointRecord>(
    "SELECT * FROM checkpoints WHERE line = ? AND namespace = ? AND id = ?",
  );
  // The same task may interrupt again when it is executed again: its newest word stands.
  const put = db.prepare<[LineId, string, string, number, string, string]>(
    "INSERT OR REPLACE INTO writes (line, checkpoint, task, idx, channel, value) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const pending = db.prepare<[LineId, string], PendingWrite>(
    'SELECT task, idx AS "index", channel, value FROM writes WHERE line = ? AND checkpoint = ? ORDER BY task, idx',
  );

  return {
    checkpoint: async (line, namespace, id) =>
      read(() => {
        const record = id === undefined ? newest.get(line, namespace, 1) : byId.get(line, namespace, id);
        return record === undefined ? undefined : checkpointRow(record);
      }),
    checkpoints: async (line, namespace, limit = -1, before) =>
      read(() =>
        (before === undefined
          ? newest.all(line, namespace, limit)
          : older.all(line, namespace, line, namespace, before, limit)
        ).map(checkpointRow),
      ),
    putWrites: async (fence, checkpoint, writes) =>
      write(() => {
        fenced(fence); // D4
        for (const { task, index, channel, value } of writes)
          put.run(fence.line, checkpoint, task, index, channel, value);
      }),
    writes: async (line, checkpoint) => read(() => pending.all(line, checkpoint)),
  };
}
