/**
 * What lists show, read in one go: a listing of ten thousand runs must read neither ten thousand briefs nor what was asked.
 *
 * L1. A list says the same as the rows that it stands for (`runs.ts`, `asks.ts`): status and content come from the same places.
 */
import type { AskId, LineId, RunId } from "../ids.ts";
import type { Acknowledgement, Seat } from "../events/event.ts";
import type { AskRow, Owner, RunRow, RunStatus } from "./rows.ts";
import type { Connection } from "./connection.ts";
import { statusColumn, statusWhere } from "./runs.ts";

export type WaitingFor = Pick<AskRow, "id" | "kind" | "role" | "to" | "topic">;

export type ListedRun = Pick<RunRow, "id" | "status" | "title" | "entry" | "startedAt" | "rehearsal"> & {
  /** Its open asks, oldest first. */
  readonly asks: readonly WaitingFor[];
};

/** An open ask as an inbox shows it. */
export type ListedAsk = Pick<
  AskRow,
  "id" | "run" | "kind" | "role" | "to" | "severity" | "raisedAt" | "deadline" | "state"
> & {
  /** The first line of its question, which may be all of it. */
  readonly headline: string;
  readonly acknowledged: Acknowledgement | null;
  /** Null: nobody is next after its deadline. */
  readonly seat: Pick<Seat, "bump"> | null;
};

/** A line that a process holds. `until`: when its lease runs out unless it is renewed, in ms since the epoch. */
export type HeldLine = { readonly line: LineId; readonly run: RunId; readonly owner: Owner; readonly until: number };

export interface Listings {
  /** Newest first. `limit` left out: all. */
  listRuns(filter: { readonly status?: RunStatus; readonly limit?: number }): Promise<readonly ListedRun[]>;
  /** The open ones, oldest first. `limit` left out: all. */
  listAsks(filter: { readonly run?: RunId; readonly limit?: number }): Promise<readonly ListedAsk[]>;
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

function waitingFor({ ask, kind, role, recipient: to, topic, status }: ListedRecord): WaitingFor | undefined {
  return ask === null || status !== "waiting" ? undefined : { id: ask, kind, role, to, topic };
}

function listed(records: readonly ListedRecord[]): ListedRun[] {
  const runs: (ListedRun & { readonly asks: WaitingFor[] })[] = [];
  /** `seq` of the asks of the run at hand. */
  let order: number[] = [];
  for (const record of records) {
    const { id, asked } = record;
    const ask = waitingFor(record);
    const run = runs.at(-1);
    if (run?.id !== id) {
      const { status, title, entry, started_at: startedAt } = record;
      const asks = ask === undefined ? [] : [ask];
      order = [asked];
      runs.push({ id, status, title, entry, startedAt, rehearsal: record.rehearsal === 1, asks });
    } else if (ask !== undefined) {
      // Put in order here: SQLite would sort ten thousand lists of one.
      const place = order.findLastIndex((seq) => seq < asked) + 1;
      order.splice(place, 0, asked);
      run.asks.splice(place, 0, ask);
    }
  }
  return runs;
}

/** Most are a `ListedAsk` as they come: ten thousand objects are not made a second time. */
type AskRecord = Omit<ListedAsk, "acknowledged" | "seat"> & {
  readonly acknowledged: string | null;
  readonly seat: string | null;
};

function listedAsk(record: AskRecord): ListedAsk {
  const { acknowledged, seat } = record;
  if (acknowledged === null && seat === null) return record as ListedAsk;
  return {
    ...record,
    acknowledged: acknowledged === null ? null : (JSON.parse(acknowledged) as Acknowledgement),
    seat: seat === null ? null : { bump: seat },
  };
}

export function listings({ db, read }: Connection): Listings {
  const waiting = (index: string, where: string): string =>
    `SELECT id, run, kind, role, recipient AS "to", severity, raised_at AS raisedAt, deadline, state, headline, acknowledged, bump AS seat
     FROM asks INDEXED BY ${index} WHERE ${where}state = 'open' ORDER BY seq LIMIT ?`;
  const oldest = db.prepare<[number], AskRecord>(waiting("waiting_asks", ""));
  const ofRun = db.prepare<[RunId, number], AskRecord>(waiting("open_asks", "run = ? AND "));
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
    listAsks: async ({ run, limit = -1 }) =>
      read(() => (run === undefined ? oldest.all(limit) : ofRun.all(run, limit)).map(listedAsk)),
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
