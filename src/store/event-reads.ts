/** Reading the event log. Apart from the writing, which brings the events' schema: whoever only reads starts without it. */
import type { Event } from "../events/event.ts";
import type { LineId, RunId } from "../ids.ts";
import type { CheckpointStore, RunStore, StoredEvent } from "./ports.ts";
import type { Connection } from "./connection.ts";

type EventRecord = {
  readonly seq: number;
  readonly line: LineId;
  readonly idx: number;
  readonly hash: Buffer;
  readonly body: string;
};

type BytesRecord = Omit<EventRecord, "body" | "line"> & { readonly bytes: Buffer };

function storedEvent(record: EventRecord): StoredEvent {
  return {
    seq: record.seq,
    line: record.line,
    index: record.idx,
    hash: record.hash.toString("hex"),
    event: JSON.parse(record.body) as Event, // plain and inert: nothing in it is revived as an instance of a class
  };
}

export function eventReads({
  db,
  read,
  snapshot,
}: Connection): Pick<CheckpointStore, "events" | "storedBytes"> & Pick<RunStore, "runEvents"> {
  const between = db.prepare<[LineId, number, number], EventRecord>(
    "SELECT seq, line, idx, hash, body FROM events WHERE line = ? AND idx >= ? AND idx < ? ORDER BY idx",
  );
  const newestFirst = db.prepare<[LineId], EventRecord>(
    "SELECT seq, line, idx, hash, body FROM events WHERE line = ? ORDER BY idx DESC",
  );
  const raw = db.prepare<[LineId, number, number], BytesRecord>(
    "SELECT seq, idx, hash, CAST(body AS BLOB) AS bytes FROM events WHERE line = ? AND idx >= ? ORDER BY idx LIMIT ?",
  );
  const linesOf = db.prepare<[RunId], LineId>("SELECT id FROM lines WHERE run = ? ORDER BY seq").pluck();

  /** Read from the end, so that following a run costs what is new and not what is there. */
  const after = (line: LineId, cursor: number): StoredEvent[] => {
    const found: StoredEvent[] = [];
    for (const record of newestFirst.iterate(line)) {
      if (record.seq <= cursor) break;
      found.push(storedEvent(record));
    }
    return found;
  };

  return {
    events: async (line, from = 0, to = Number.MAX_SAFE_INTEGER) =>
      read(() => between.all(line, from, to).map(storedEvent)),
    storedBytes: async (line, from, limit) =>
      read(() =>
        raw.all(line, from, limit).map((record) => ({
          seq: record.seq,
          index: record.idx,
          hash: record.hash.toString("hex"),
          bytes: record.bytes,
        })),
      ),
    // One snapshot over all lines: a commit between two reads would move the cursor past an event not yet seen.
    runEvents: async (run, cursor = 0) =>
      snapshot(() =>
        linesOf
          .all(run)
          .flatMap((line) => after(line, cursor))
          .toSorted((a, b) => a.seq - b.seq),
      ),
  };
}
