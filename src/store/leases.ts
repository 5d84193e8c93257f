/**
 * Who may move which line (D4). A lease has an owner, a time and an epoch; each time that it is taken the epoch rises, and
 * every write of a line is refused unless it shows the present one.
 *
 * L1. A held lease is refused to everyone, its own owner too: two advances in one process are two owners.
 * L2. Time only decides whether a lease *may* be taken. Whether a write passes is decided by the epoch.
 * L3. A line taken from an owner that nobody ended has effects of which no probe can be believed: they may still be under way.
 *     Their rows get epoch 0, for good: a third owner must know it too.
 */
import { canonicalJson } from "../canonical.ts";
import { runOfLine } from "../ids.ts";
import type { LineId, RunId } from "../ids.ts";
import type { WorkQueue } from "./ports.ts";
import type { Owner } from "./rows.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";
import { fencedLines } from "./lines.ts";
import type { LineRecord } from "./lines.ts";

export function leases(connection: Connection): WorkQueue {
  const { db, write } = connection;
  const fenced = fencedLines(connection);
  const find = db.prepare<[LineId], LineRecord>("SELECT * FROM lines WHERE id = ?");
  const take = db.prepare<[string, number, LineId]>(
    "UPDATE lines SET owner = ?, lease_until = ?, epoch = epoch + 1 WHERE id = ?",
  );
  const distrust = db.prepare<[LineId]>("UPDATE effects SET epoch = 0 WHERE line = ? AND outcome IS NULL");
  const extend = db.prepare<[number, LineId]>("UPDATE lines SET lease_until = ? WHERE id = ?");
  const free = db.prepare<[LineId, number]>(
    "UPDATE lines SET owner = NULL, lease_until = NULL WHERE id = ? AND epoch = ? AND owner IS NOT NULL",
  );
  const moved = db.prepare<[number, RunId]>("UPDATE runs SET moved_ms = moved_ms + ? WHERE id = ?");
  const addMoved = (run: RunId, ms: number): void => void (ms > 0 && moved.run(ms, run));
  const signalOf = db
    .prepare<[LineId, RunId], "stop" | null>(
      "SELECT coalesce((SELECT signal FROM lines WHERE id = ?), signal) FROM runs WHERE id = ?",
    )
    .pluck();

  return {
    acquire: async (line, owner, now, ttlMs, takeFrom, seen) =>
      write(() => {
        const record = find.get(line);
        if (record === undefined) throw bug(`line ${line} does not exist`);
        const previous = record.owner === null ? null : (JSON.parse(record.owner) as Owner);
        const until = record.lease_until ?? 0;
        const ended = takeFrom !== undefined && canonicalJson(takeFrom) === record.owner;
        const isNews = seen !== undefined && record.epoch !== seen;
        if (previous !== null && (until > now || isNews) && !ended) return { held: false, owner: previous, until }; // L1
        take.run(canonicalJson(owner), now + ttlMs, line);
        if (previous !== null && !ended) distrust.run(line); // L3
        return { held: true, epoch: record.epoch + 1, previous };
      }),
    renew: async (fence, now, ttlMs, movedMs = 0) =>
      write(() => {
        const { run } = fenced(fence);
        extend.run(now + ttlMs, fence.line);
        addMoved(run, movedMs);
        return signalOf.get(fence.line, run) ?? null;
      }),
    // A lease that was lost is not an error here: there is nothing left to give back.
    release: async (fence, movedMs = 0) =>
      write(() => {
        if (free.run(fence.line, fence.epoch).changes === 1) addMoved(runOfLine(fence.line), movedMs);
      }),
  };
}
