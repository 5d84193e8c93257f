/**
 * What lists show, read in one go: a listing of ten thousand runs must not parse ten thousand briefs to print their titles.
 *
 * L1. A list says the same as the rows that it stands for (`runs.ts`, `asks.ts`): status and content come from the same places.
 */
import type { EventOf } from "../events/event.ts";
import type { AskId, RunId } from "../ids.ts";
import type { AskRow, RunRow, RunStatus } from "./ports.ts";
import type { Connection } from "./connection.ts";
import { statusColumn } from "./runs.ts";

export type WaitingFor = Pick<AskRow, "id" | "kind" | "role" | "to" | "topic">;

export type ListedRun = Pick<RunRow, "id" | "status" | "title" | "entry" | "startedAt" | "rehearsal"> & {
  /** Its open asks, oldest first. */
  readonly asks: readonly WaitingFor[];
};

export interface Listings {
  /** Newest first. `limit` left out: all. */
  listRuns(filter: { readonly status?: RunStatus; readonly limit?: number }): Promise<readonly ListedRun[]>;
  countOpenAsks(): Promise<number>;
}

type ListedRecord = {
  readonly id: RunId;
  readonly status: RunStatus;
  readonly title: string;
  readonly entry: string;
  readonly started_at: string;
  readonly rehearsal: 0 | 1;
};

type Told = Pick<EventOf<"ask_raised">, "kind" | "role" | "to" | "topic">;
type OpenRecord = { readonly id: AskId; readonly run: RunId; readonly told: string };

function waitingFor({ id, told }: OpenRecord): WaitingFor {
  const [kind, role, to, topic] = JSON.parse(told) as [Told["kind"], Told["role"], Told["to"], Told["topic"]];
  return { id, kind, role, to, topic };
}

export function listings({ db, read, snapshot }: Connection): Listings {
  const columns = `id, ${statusColumn} AS status, title, entry, started_at, rehearsal`;
  const newest = db.prepare<[number], ListedRecord>(`SELECT ${columns} FROM runs ORDER BY seq DESC LIMIT ?`);
  const ofStatus = db.prepare<[RunStatus, number], ListedRecord>(
    `SELECT ${columns} FROM runs WHERE status = ? ORDER BY seq DESC LIMIT ?`,
  );
  // The question itself, which is most of the event, never leaves SQLite.
  const told = "json_extract(events.body, '$.kind', '$.role', '$.to', '$.topic') AS told";
  const open = `SELECT asks.id, asks.run, ${told} FROM asks JOIN events USING (line, idx) WHERE asks.state = 'open'`;
  const allOpen = db.prepare<[], OpenRecord>(`${open} ORDER BY asks.seq`);
  const openOfRun = db.prepare<[RunId], OpenRecord>(`${open} AND asks.run = ? ORDER BY asks.seq`);
  const openAsks = db.prepare<[], number>("SELECT count(*) FROM asks WHERE state = 'open'").pluck();

  /** One by one for a page of runs, in one scan for all of them. */
  const asksFor = (limited: boolean): ((run: RunId) => readonly OpenRecord[]) => {
    if (limited) return (run) => openOfRun.all(run);
    const ofRun = Map.groupBy(allOpen.iterate(), ({ run }) => run);
    return (run) => ofRun.get(run) ?? [];
  };

  return {
    listRuns: async ({ status, limit }) =>
      snapshot(() => {
        const records = status === undefined ? newest.all(limit ?? -1) : ofStatus.all(status, limit ?? -1);
        const openAsksOf = asksFor(limit !== undefined);
        return records.map(({ id, started_at: startedAt, rehearsal, ...listed }) => ({
          ...listed,
          id,
          startedAt,
          rehearsal: rehearsal === 1,
          asks: listed.status === "waiting" ? openAsksOf(id).map(waitingFor) : [],
        }));
      }),
    countOpenAsks: async () => read(() => openAsks.get() ?? 0),
  };
}
