/**
 * A line's checkpoint and its pending writes. A line keeps its newest checkpoint and no other: what came before is in the events, and
 * a row that is written over costs the file nothing (D7).
 */
import type { LineId } from "../ids.ts";
import type { CheckpointStore, PendingWrite } from "./ports.ts";
import type { CheckpointRow } from "./rows.ts";
import type { Connection } from "./connection.ts";
import { fencedLines } from "./lines.ts";
import type { FencedLine } from "./lines.ts";

type CheckpointRecord = {
  readonly id: string;
  readonly log_length: number;
  readonly body: string;
  readonly metadata: string;
};

function checkpointRow(record: CheckpointRecord): CheckpointRow {
  return { id: record.id, logLength: record.log_length, checkpoint: record.body, metadata: record.metadata };
}

/** Puts a line's new head in the place of the old one; only `commit` calls it, inside its transaction (D2). */
export function headWriter({ db }: Connection): (line: FencedLine, checkpoint: CheckpointRow) => void {
  const put = db.prepare<[number, string, number, string, string]>(
    "INSERT OR REPLACE INTO checkpoints (line, id, log_length, body, metadata) VALUES (?, ?, ?, ?, ?)",
  );
  const dropWrites = db.prepare<[LineId]>("DELETE FROM writes WHERE line = ?");
  return (line, { id, logLength, checkpoint, metadata }) => {
    put.run(line.seq, id, logLength, checkpoint, metadata);
    if (line.head_checkpoint !== null) dropWrites.run(line.id);
  };
}

export function checkpointRows(connection: Connection): Pick<CheckpointStore, "checkpoint" | "putWrites" | "writes"> {
  const { db, read, write } = connection;
  const fenced = fencedLines(connection);
  const head = db.prepare<[LineId], CheckpointRecord>(
    "SELECT checkpoints.* FROM checkpoints JOIN lines ON lines.seq = checkpoints.line WHERE lines.id = ?",
  );
  // The same task may interrupt again when it is executed again: its newest word stands.
  const put = db.prepare<[LineId, string, string, number, string, string]>(
    "INSERT OR REPLACE INTO writes (line, checkpoint, task, idx, channel, value) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const pending = db.prepare<[LineId, string], PendingWrite>(
    'SELECT task, idx AS "index", channel, value FROM writes WHERE line = ? AND checkpoint = ? ORDER BY task, idx',
  );

  return {
    checkpoint: async (line) =>
      read(() => {
        const record = head.get(line);
        return record === undefined ? undefined : checkpointRow(record);
      }),
    putWrites: async (fence, checkpoint, writes) =>
      write(() => {
        fenced(fence); // D4
        for (const { task, index, channel, value } of writes)
          put.run(fence.line, checkpoint, task, index, channel, value);
      }),
    writes: async (line, checkpoint) => read(() => pending.all(line, checkpoint)),
  };
}
