/**
 * The outbox of notices: which were told, and how the attempts went. What is due follows from the asks (`src/notices/occasions.ts`).
 *
 * N1. A notice is tried by one process at a time: `beginNotice` compares and sets, and an attempt that its process did not live to
 *     settle is free again after its time. So none is lost, and a crash repeats at most the one that was under way.
 * N2. What was told is not told again; what failed waits for its time, and after `mostAttempts` it is given up, which is shown.
 */
import { isoTime } from "../clock.ts";
import type { Connection } from "./connection.ts";
import type { NoticeCounts, NoticeFailure, NoticeRow, NoticeStore } from "./outbox.ts";

export const mostAttempts = 10;

type AttemptRecord = {
  readonly attempts: number;
  readonly busy_until: number;
  readonly next_at: number;
  readonly told_at: string | null;
};

type FailureRecord = {
  readonly target: string;
  readonly outcome: string;
  readonly attempts: number;
  readonly next_at: number;
};

export function notices({ db, read, write }: Connection): Omit<NoticeStore, "decidedByClock"> {
  const find = db.prepare<[string, string, string], AttemptRecord>(
    "SELECT attempts, busy_until, next_at, told_at FROM notices WHERE ask = ? AND occasion = ? AND target = ?",
  );
  const begin = db.prepare<[string, string, string, number]>(
    `INSERT INTO notices (ask, occasion, target, attempts, busy_until, next_at) VALUES (?, ?, ?, 1, ?, 0)
     ON CONFLICT (ask, occasion, target) DO UPDATE SET attempts = attempts + 1, busy_until = excluded.busy_until`,
  );
  const settle = db.prepare<[string, string | null, number, string, string, string]>(
    `UPDATE notices SET outcome = ?, told_at = ?, next_at = ?, busy_until = 0
     WHERE ask = ? AND occasion = ? AND target = ? AND told_at IS NULL`,
  );
  const ofAsk = db.prepare<[string], NoticeRow>(
    "SELECT ask, occasion, target, attempts, outcome, told_at AS toldAt FROM notices WHERE ask = ? ORDER BY rowid",
  );
  const open = `FROM notices JOIN asks ON asks.id = notices.ask JOIN runs ON runs.id = asks.run
     WHERE (asks.state = 'open' OR (occasion = 'bumped' AND told_at IS NULL AND runs.ended IS NULL))`;
  const counts = db.prepare<[number, number], Omit<NoticeCounts, "failures">>(
    `SELECT count(told_at) AS told, count(*) FILTER (WHERE told_at IS NULL AND attempts < ?) AS waiting,
       count(*) FILTER (WHERE told_at IS NULL AND attempts >= ?) AS givenUp ${open}`,
  );
  // The other columns are those of the row that holds the maximum.
  const failures = db.prepare<[], FailureRecord>(
    `SELECT target, outcome, attempts, next_at, max(notices.rowid) AS latest ${open}
       AND told_at IS NULL AND outcome IS NOT NULL GROUP BY target ORDER BY latest`,
  );

  return {
    beginNotice: async ({ ask, occasion, target }, now, busyMs) =>
      write(() => {
        const row = find.get(ask, occasion, target);
        if (row && !mayBegin(row, now, busyMs)) return null;
        begin.run(ask, occasion, target, now + busyMs);
        return (row?.attempts ?? 0) + 1;
      }),
    settleNotice: async ({ ask, occasion, target }, outcome, again, clock) =>
      write(() => {
        const told = again === null ? isoTime(clock) : null;
        settle.run(outcome, told, clock.now() + (again ?? 0), ask, occasion, target);
      }),
    notices: async (ask) => read(() => ofAsk.all(ask)),
    noticeCounts: async () =>
      read(() => ({
        ...(counts.get(mostAttempts, mostAttempts) ?? { told: 0, waiting: 0, givenUp: 0 }),
        failures: failures.all().map(failureOf),
      })),
  };
}

function failureOf({ target, outcome, attempts, next_at: next }: FailureRecord): NoticeFailure {
  return { target, words: outcome, nextAt: attempts < mostAttempts ? new Date(next).toISOString() : null };
}

/** A clock that was set back must not keep a notice for long: what is busy for longer than an attempt lasts is not busy. */
function mayBegin(row: AttemptRecord, now: number, busyMs: number): boolean {
  const busy = row.busy_until > now && row.busy_until <= now + busyMs;
  return row.told_at === null && !busy && row.attempts < mostAttempts && row.next_at <= now;
}
