/**
 * The event log: each event stored once, as the canonical JSON that its hash covers (D7, D8).
 * Nothing here updates or deletes an event.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "../canonical.ts";
import { eventSchema } from "../events/event.ts";
import type { Event } from "../events/event.ts";
import type { LineId, RunId } from "../ids.ts";
import type { CheckpointStore, RunStore, StoredEvent } from "./ports.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";

type EventRecord = {
  readonly seq: number;
  readonly line: LineId;
  readonly idx: number;
  readonly hash: Buffer;
  readonly body: string;
};

type BytesRecord = Omit<EventRecord, "body" | "line"> & { readonly bytes: Buffer };

/** The chain's next link (D8): sha256 over the previous hash in hex and the event's stored bytes. */
export function linkHash(previous: Uint8Array, bytes: string | Uint8Array): Buffer {
  return createHash("sha256").update(Buffer.from(previous).toString("hex")).update(bytes).digest();
}

function storedEvent(record: EventRecord): StoredEvent {
  return {
    seq: record.seq,
    line: record.line,
    index: record.idx,
    hash: record.hash.toString("hex"),
    event: JSON.parse(record.body) as Event, // plain and inert: nothing in it is revived as an instance of a class
  };
}

/** Writes events after a line's present end; only `commit` calls it, inside its transaction (D2). */
export function eventWriter({
  db,
  reach,
}: Connection): (
  line: LineId,
  from: { readonly length: number; readonly hash: Buffer },
  events: readonly Event[],
) => { readonly stored: readonly StoredEvent[]; readonly head: Buffer } {
  const insert = db.prepare<[LineId, number, Buffer, string]>(
    "INSERT INTO events (line, idx, hash, body) VALUES (?, ?, ?, ?)",
  );
  return (line, from, events) => {
    let head = from.hash;
    const stored = events.map((event, offset) => {
      const index = from.length + offset;
      const checked = eventSchema.safeParse(event);
      // What `verify` would call corrupt is not written in the first place (E3).
      if (!checked.success)
        throw bug(`event ${index} of ${line} breaks its schema: ${checked.error.message}`, { line, index });
      const bytes = canonicalJson(event);
      head = linkHash(head, bytes);
      const { lastInsertRowid } = insert.run(line, index, head, bytes);
      reach("commit:event");
      return { seq: Number(lastInsertRowid), line, index, hash: head.toString("hex"), event };
    });
    return { stored, head };
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
