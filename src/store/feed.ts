/**
 * What is new in the file, whoever wrote it: for whoever shows many runs to many people at once.
 *
 * F1. `version` changes with every commit of any other connection, and costs no query of a table: a quiet file costs next to nothing.
 * F2. `after` gives events in arrival order over all runs; a cursor that was given once never misses one and never gives one twice (D5).
 */
import type { Event } from "../events/event.ts";
import { runOfLine, type LineId, type RunId } from "../ids.ts";
import type { ConnectOptions, Connection } from "./connection.ts";
import { openOver } from "./open-over.ts";
import type { StoredEvent } from "./rows.ts";

export type FedEvent = StoredEvent & { readonly run: RunId };

export interface Feed {
  version(): number;
  /** The newest arrival number; 0 where there is none. */
  newest(): number;
  /** At most `limit` events that arrived after `cursor`. */
  after(cursor: number, limit: number): readonly FedEvent[];
  close(): void;
}

type EventRecord = {
  readonly seq: number;
  readonly line: LineId;
  readonly idx: number;
  readonly hash: Buffer;
  readonly body: string;
};

/** A connection of its own: what this process writes elsewhere shows in `version` as well. The file must be there. */
export function openFeed(options: Omit<ConnectOptions, "readOnly" | "fault">): Feed {
  return openOver({ ...options, readOnly: true }, feedOver);
}

function feedOver({ db, read, close }: Connection): Feed {
  const newest = db.prepare<[], number | null>("SELECT max(seq) FROM events").pluck();
  const after = db.prepare<[number, number], EventRecord>(
    "SELECT seq, line, idx, hash, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
  );
  return {
    version: () => read(() => db.pragma("data_version", { simple: true }) as number),
    newest: () => read(() => newest.get() ?? 0),
    after: (cursor, limit) => read(() => after.all(cursor, limit).map(fedEvent)),
    close,
  };
}

function fedEvent({ seq, line, idx, hash, body }: EventRecord): FedEvent {
  return { run: runOfLine(line), seq, line, index: idx, hash: hash.toString("hex"), event: JSON.parse(body) as Event };
}
