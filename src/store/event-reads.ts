/** Reading the event log. Apart from the writing, which brings the events' schema: whoever only reads starts without it. */
import type { Event } from "../events/event.ts";
import { mainLine, runOfLine } from "../ids.ts";
import type { LineId, RunId } from "../ids.ts";
import { logParts } from "./log-parts.ts";
import type { CheckpointStore, RunStore } from "./ports.ts";
import type { StoredEvent } from "./rows.ts";
import type { Connection } from "./connection.ts";

type EventRecord = {
  readonly seq: number;
  readonly line: LineId;
  readonly idx: number;
  readonly hash: Buffer;
  readonly body: string;
};

type BytesRecord = Omit<EventRecord, "body" | "line"> & { readonly bytes: Buffer };

function storedEvent(record: EventRecord, line: LineId = record.line): StoredEvent {
  return {
    seq: record.seq,
    line,
    index: record.idx,
    hash: record.hash.toString("hex"),
    event: JSON.parse(record.body) as Event, // plain and inert: nothing in it is revived as an instance of a class
  };
}

export function eventReads(
  connection: Connection,
): Pick<CheckpointStore, "events" | "storedBytes"> & Pick<RunStore, "runEvents"> {
  const { db, read, snapshot } = connection;
  const partsOf = logParts(connection);
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
  const childrenOf = db
    .prepare<[RunId, LineId, number, number], LineId>(
      "SELECT id FROM lines WHERE run = ? AND parent = ? AND opened_at >= ? AND opened_at < ? ORDER BY seq",
    )
    .pluck();
  const seqAt = db.prepare<[LineId, number], number>("SELECT seq FROM events WHERE line = ? AND idx = ?").pluck();

  /** Read from the end, so that following a run costs what is new and not what is there. */
  const after = (line: LineId, cursor: number): StoredEvent[] => {
    const found: StoredEvent[] = [];
    for (const record of newestFirst.iterate(line)) {
      if (record.seq <= cursor) break;
      found.push(storedEvent(record));
    }
    return found;
  };

  const within = (line: LineId, from: number, to: number): StoredEvent[] =>
    partsOf(line).flatMap((part) =>
      part.from >= to || part.to <= from
        ? []
        : between
            .all(part.line, Math.max(from, part.from), Math.min(to, part.to))
            .map((record) => storedEvent(record, line)),
    );

  /** Children that a part of a log opened, with theirs: all of them were closed before the cut. */
  const below = (line: LineId, from: number, to: number): StoredEvent[] =>
    childrenOf
      .all(runOfLine(line), line, from, to)
      .flatMap((child) => [
        ...between.all(child, 0, Number.MAX_SAFE_INTEGER).map((record) => storedEvent(record)),
        ...below(child, 0, Number.MAX_SAFE_INTEGER),
      ]);

  /** What a run shares with those that it goes on from, as far as it came after the cursor. */
  const past = (run: RunId, cursor: number): StoredEvent[] => {
    const main = mainLine(run);
    const parts = partsOf(main).filter((part) => part.line !== main);
    const last = parts.at(-1);
    if (last === undefined || (seqAt.get(last.line, last.to - 1) ?? Infinity) <= cursor) return [];
    return [...within(main, 0, last.to), ...parts.flatMap((part) => below(part.line, part.from, part.to))].filter(
      ({ seq }) => seq > cursor,
    );
  };

  return {
    events: async (line, from = 0, to = Number.MAX_SAFE_INTEGER) => read(() => within(line, from, to)),
    storedBytes: async (line, from, limit) =>
      read(() => {
        const found: BytesRecord[] = [];
        for (const part of partsOf(line)) {
          const room = Math.min(limit - found.length, part.to - Math.max(from, part.from));
          if (room > 0) found.push(...raw.all(part.line, Math.max(from, part.from), room));
        }
        return found.map(({ seq, idx: index, hash, bytes }) => ({ seq, index, hash: hash.toString("hex"), bytes }));
      }),
    // One snapshot over all lines: a commit between two reads would move the cursor past an event not yet seen.
    runEvents: async (run, cursor = 0) =>
      snapshot(() =>
        [...past(run, cursor), ...linesOf.all(run).flatMap((line) => after(line, cursor))].toSorted(
          (a, b) => a.seq - b.seq,
        ),
      ),
  };
}
