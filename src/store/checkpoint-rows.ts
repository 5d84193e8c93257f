/**
 * A line's checkpoint and its pending writes. A line keeps its newest checkpoint and no other: what came before is in the events, and
 * a row that is written over costs the file nothing (D7).
 */
import type { LineId } from "../ids.ts";
import type { CheckpointRow, CheckpointStore, PendingWrite } from "./ports.ts";
import type { Connection } from "./connection.ts";
import { fencedLines } from "./lines.ts";
import type { LineRecord } from "./lines.ts";

type CheckpointRecord = {
  readonly id: string;
  readonly log_length: number;
  readonly body: string;
  readonly metadata: string;
};

/** One task's writes, as they lie in a row: place, channel, and the value as JSON text. */
type WrittenBy = [index: number, channel: PendingWrite["channel"], value: string][];

/** LangGraph's root namespace, the only one that a line has. */
const root = "";

function checkpointRow(record: CheckpointRecord): CheckpointRow {
  return { id: record.id, logLength: record.log_length, checkpoint: record.body, metadata: record.metadata };
}

/** Puts a line's new head in the place of the old one; only `commit` calls it, inside its transaction (D2). */
export function headWriter({ db }: Connection): (line: LineRecord, checkpoint: CheckpointRow) => void {
  const space = db.prepare<[number, string], number>("SELECT seq FROM spaces WHERE thread = ? AND name = ?").pluck();
  const addSpace = db.prepare<[number, string]>("INSERT INTO spaces (thread, name) VALUES (?, ?)");
  const add = db.prepare<[number | bigint, string, number, string, string]>(
    "INSERT INTO checkpoints (space, id, log_length, body, metadata) VALUES (?, ?, ?, ?, ?)",
  );
  const replace = db.prepare<[string, number, string, string, number]>(
    "UPDATE checkpoints SET id = ?, log_length = ?, body = ?, metadata = ? WHERE space = ?",
  );
  const dropWrites = db.prepare<[number]>("DELETE FROM writes WHERE space = ?");
  return (line, { id, logLength, checkpoint, metadata }) => {
    const known = space.get(line.seq, root);
    if (known === undefined) {
      add.run(addSpace.run(line.seq, root).lastInsertRowid, id, logLength, checkpoint, metadata);
      return;
    }
    replace.run(id, logLength, checkpoint, metadata, known);
    dropWrites.run(known);
  };
}

export function checkpointRows(connection: Connection): Pick<CheckpointStore, "checkpoint" | "putWrites" | "writes"> {
  const { db, read, write } = connection;
  const fenced = fencedLines(connection);
  const spaceOf = `(SELECT spaces.seq FROM spaces JOIN lines ON lines.seq = spaces.thread WHERE lines.id = ? AND spaces.name = '')`;
  const head = db.prepare<[LineId], CheckpointRecord>(`SELECT * FROM checkpoints WHERE space = ${spaceOf}`);
  // The same task may interrupt again when it is executed again: its newest word stands.
  const put = db.prepare<[LineId, string, string, string]>(
    `INSERT OR REPLACE INTO writes (space, checkpoint, task, path, body) VALUES (${spaceOf}, ?, ?, '', ?)`,
  );
  const pending = db.prepare<[LineId, string], { readonly task: string; readonly body: string }>(
    `SELECT task, body FROM writes WHERE space = ${spaceOf} AND checkpoint = ? ORDER BY task`,
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
        for (const [task, own] of Map.groupBy(writes, (one) => one.task)) {
          const written: WrittenBy = own.map(({ index, channel, value }) => [index, channel, value]);
          put.run(fence.line, checkpoint, task, JSON.stringify(written));
        }
      }),
    writes: async (line, checkpoint) =>
      read(() =>
        pending
          .all(line, checkpoint)
          .flatMap(({ task, body }) =>
            (JSON.parse(body) as WrittenBy)
              .toSorted((a, b) => a[0] - b[0])
              .map(([index, channel, value]): PendingWrite => ({ task, index, channel, value })),
          ),
      ),
  };
}
