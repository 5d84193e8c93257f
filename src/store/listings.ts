/**
 * What lists show, read in one go: a listing of ten thousand runs must read neither ten thousand briefs nor what was asked.
 *
 * L1. A list says the same as the rows that it stands for (`runs.ts`, `asks.ts`): status and content come from the same places.
 */
import type { AskId, LineId, RunId } from "../ids.ts";
import type { AskRow, Owner, RunRow, RunStatus } from "./ports.ts";
import type { Connection } from "./connection.ts";
import { statusColumn, statusWhere } from "./runs.ts";

export type WaitingFor = Pick<AskRow, "id" | "kind" | "role" | "to" | "topic">;

export type ListedRun = Pick<RunRow, "id" | "status" | "title" | "entry" | "startedAt" | "rehearsal"> & {
  /** Its open asks, oldest first. */
  readonly asks: readonly WaitingFor[];
};

/** A line that a process holds. `until`: when its lease runs out unless it is renewed, in ms since the epoch. */
export type HeldLine = { readonly line: LineId; readonly run: RunId; readonly owner: Owner; readonly until: number };

export interface Listings {
  /** Newest first. `limit` left out: all. */
  listRuns(filter: { readonly status?: RunStatus; readonly limit?: number }): Promise<readonly ListedRun[]>;
  countOpenAsks(): Promise<number>;
  /** In the order of their ids. */
  heldLines(): Promise<readonly HeldLine[]>;
}

/** A run, with one of its open asks or none: a run that asks for several things has as many of these, one after the other. */
type ListedRecord = {
  readonly id: RunId;
  readonly status: RunStatus;
  readonly title: string;
  readonly entry: string;
  readonly started_at: string;
  readonly rehearsal: 0 | 1;
  readonly ask: AskId | null;
  /** The ask's `seq`. */
  readonly asked: number;
  readonly kind: WaitingFor["kind"];
  readonly role: string;
  readonly recipient: string;
  readonly topic: string;
};

function listed(records: readonly ListedRecord[]): ListedRun[] {
  const runs: ListedRun[] = [];
  let id: RunId | undefined;
  let asks: WaitingFor[] = [];
  let order: number[] = [];
  for (const record of records) {
    if (record.id !== id) {
      id = record.id;
      asks = [];
      order = [];
      runs.push({
        id,
        status: record.status,
        title: record.title,
        entry: record.entry,
        startedAt: record.started_at,
        rehearsal: record.rehearsal === 1,
        asks,
      });
    }
    if (record.ask === null || record.status !== "waiting") continue;
    const { ask, asked, kind, role, recipient: to, topic } = record;
    // Put in order here: SQLite would sort ten thousand lists of one.
    let place = asks.length;
    while (place > 0 && order[place - 1]! > asked) place -= 1;
    order.splice(place, 0, asked);
    asks.splice(place, 0, { id: ask, kind, role, to, topic });
  }
  return runs;
}

export function listings({ db, read }: Connection): Listings {
  // Of a run only what the index holds: its brief lies between the columns of its row, on pages that need not be read then.
  const page = (where: string): string =>
    `SELECT seq, id, title, entry, started_at, rehearsal, ended FROM runs INDEXED BY listed_runs ${where} ORDER BY seq DESC LIMIT ?`;
  const withAsks = (where: string): string =>
    `SELECT runs.id, ${statusWhere("asks.id IS NOT NULL")} AS status, title, entry, started_at, rehearsal,
       asks.id AS ask, asks.seq AS asked, kind, role, recipient, topic
     FROM (${page(where)}) AS runs LEFT JOIN asks ON asks.run = runs.id AND asks.state = 'open'
     ORDER BY runs.seq DESC`;
  const newest = db.prepare<[number], ListedRecord>(withAsks(""));
  const ofStatus = db.prepare<[RunStatus, number], ListedRecord>(withAsks(`WHERE ${statusColumn} = ?`));
  const openAsks = db.prepare<[], number>("SELECT count(*) FROM asks WHERE state = 'open'").pluck();
  const held = db.prepare<[], { id: LineId; run: RunId; owner: string; lease_until: number }>(
    "SELECT id, run, owner, lease_until FROM lines WHERE owner IS NOT NULL ORDER BY id",
  );

  return {
    listRuns: async ({ status, limit = -1 }) =>
      read(() => listed(status === undefined ? newest.all(limit) : ofStatus.all(status, limit))),
    countOpenAsks: async () => read(() => openAsks.get() ?? 0),
    heldLines: async () =>
      read(() =>
        held.all().map(({ id, run, owner, lease_until: until }) => ({
          line: id,
          run,
          owner: JSON.parse(owner) as Owner,
          until,
        })),
      ),
  };
}
