/**
 * The store's ports: narrow and async, so that an embedded file and a distributed engine can both stand behind them.
 * The embedded implementation keeps everything in one SQLite file. Writes are plain data: no transaction callbacks.
 *
 * S1. `commit` is one immediate transaction; it checks the fence, then the head, then writes all of it or nothing (D2, D4).
 * S2. What a method has returned from is on disk: synchronous=FULL (D1).
 * S3. The first decision on an ask wins, by compare and set (R4).
 * S4. Order is by sequence number (D5); times are display.
 */
import type { AskId, EffectKey, LineId, RunId } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { Acknowledgement, Decision, Event } from "../events/event.ts";
import type { Inspection } from "./inspection.ts";
import type { NoticeStore } from "./outbox.ts";
import type {
  RunStatus,
  RunRow,
  Past,
  Spent,
  Owner,
  LineRow,
  Fence,
  StoredEvent,
  StoredBytes,
  AskState,
  AskRow,
  CheckpointRow,
  EffectRow,
} from "./rows.ts";

/**
 * `limit`: at most so many, the oldest; left out: all of them. `dueBy`: only open ones, and all those among them that the clock decides by that
 * moment (ISO; `expiry.ts`); it is compared to the second, so some may be there that it decides a moment later.
 */
export type AskFilter = {
  readonly run?: RunId;
  readonly state?: AskState;
  readonly dueBy?: string;
  readonly limit?: number;
};

export type CommitUnit = {
  readonly fence: Fence;
  /** The checkpoint that must be the line's newest, and that this one takes the place of; null: none yet. Otherwise `head-moved`. */
  readonly expectHead: string | null;
  readonly checkpoint: CheckpointRow;
  /** Appended after the line's current length. Ask rows, run status, limits and chart follow from them, in the same transaction. */
  readonly events: readonly Event[];
};

export type PendingWrite = {
  readonly task: string;
  readonly index: number;
  readonly channel: "__interrupt__" | "__error__";
  readonly value: string;
};

/** Where a line's checkpoints and events lie. */
export interface CheckpointStore {
  /** Returns the events as stored. Errors: lease-lost, head-moved, disk-full, data-read-only; then nothing was written. */
  commit(unit: CommitUnit): Promise<readonly StoredEvent[]>;
  /** The line's newest, which is the only one that is kept: what came before it is in the events (D7). */
  checkpoint(line: LineId): Promise<CheckpointRow | undefined>;
  putWrites(fence: Fence, checkpoint: string, writes: readonly PendingWrite[]): Promise<void>;
  writes(line: LineId, checkpoint: string): Promise<readonly PendingWrite[]>;
  /** Events of a line from `from` (inclusive) up to `to` (exclusive), in order; those of its past as its own. */
  events(line: LineId, from?: number, to?: number): Promise<readonly StoredEvent[]>;
  /** At most `limit` events from `from` on, undecoded and unchecked: for `verify`. */
  storedBytes(line: LineId, from: number, limit: number): Promise<readonly StoredBytes[]>;
}

export type NewRun = Omit<RunRow, "status" | "endedAt" | "signal" | "signalBy" | "counters" | "reason" | "past">;

/** Where a new run goes on from: `head` is the hash of the last event before the cut, `checkpoint` stands for the log up to there. */
export type NewFork = Past & { readonly head: string; readonly checkpoint: CheckpointRow };

/** What an attempt may use at most. */
export type Reservation = Pick<Spent, "modelCalls" | "tokens"> & Partial<Spent>;

/** Runs, charts, asks, signals and the effects ledger. */
export interface RunStore {
  /** Run, main line and chart in one transaction. Errors with `fork`: chain-broken, where the line is not what was read. */
  createRun(run: NewRun, chart: BoundChart, fork?: NewFork): Promise<void>;
  run(id: RunId): Promise<RunRow | undefined>;
  /** Newest first. */
  runs(filter?: { status?: RunStatus; limit?: number }): Promise<readonly RunRow[]>;
  lines(run: RunId): Promise<readonly LineRow[]>;
  line(id: LineId): Promise<LineRow | undefined>;
  chart(hash: string): Promise<BoundChart | undefined>;
  putChart(chart: BoundChart): Promise<void>;
  /** Events of a run over all its lines in arrival order, after the cursor `after` (a seq). What it shares with another run comes first. */
  runEvents(run: RunId, after?: number): Promise<readonly StoredEvent[]>;
  ask(id: AskId): Promise<AskRow | undefined>;
  /** Oldest first. */
  asks(filter?: AskFilter): Promise<readonly AskRow[]>;
  /**
   * Compare and set: the decision that stands, and whether it is this one (S3). `expectHash` stale: throws `hash-stale`. Not open: `won: false`.
   * What the clock decides goes for whatever is asked by then, and takes any. Where several people decide, an approval or a rejection is a
   * vote: `won` says that it counts, and the ask is decided with the last one that it takes. Errors then: not-approver, already-voted.
   */
  decide(id: AskId, decision: Decision, expectHash: string): Promise<{ readonly won: boolean; readonly ask: AskRow }>;
  /** Somebody has seen an open ask: the first to say so stands. `won: false` where somebody was, or it is not open. Errors: ask-unknown. */
  acknowledge(id: AskId, seen: Acknowledgement): Promise<{ readonly won: boolean; readonly ask: AskRow }>;
  setSignal(run: RunId, signal: "stop", by: string): Promise<void>;
  /**
   * Intent before the act. Returns the row as it stands: `attempts === 1` and no outcome means "yours, new"; an outcome means
   * "replay it"; no outcome and `begun: true` means "in doubt", unless the attempt is known to have `failed`. Counters are reserved once per key.
   */
  begin(
    fence: Fence,
    key: EffectKey,
    kind: "model" | "tool",
    intent: unknown,
    reserve?: Reservation,
    /** Refused with `limit-reached`, and nothing written, where that goes beyond a ceiling of the run: whoever looked before saw less. */
    within?: "limits",
  ): Promise<{ readonly row: EffectRow; readonly begun: boolean }>;
  /** The attempt ended without an outcome and is known to: it is not in doubt. What it reserved stays charged, but for what is certainly `unused`. */
  fail(fence: Fence, key: EffectKey, code: string, unused?: Partial<Spent>): Promise<void>;
  /** A further attempt, after a failed one or one in doubt: attempts + 1, reserved again; `intent` is what this one does, if that is another thing. */
  retry(
    fence: Fence,
    key: EffectKey,
    reserve?: Reservation,
    intent?: unknown,
    /** As for `begin`; `and-one`: refused only where the run is beyond a ceiling already. */
    within?: "limits" | "limits-and-one",
  ): Promise<EffectRow>;
  /** Outcome after the act; `used` replaces what the attempts reserved. */
  finish(fence: Fence, key: EffectKey, outcome: unknown, used?: Reservation): Promise<void>;
  effects(run: RunId): Promise<readonly EffectRow[]>;
  effect(key: EffectKey): Promise<EffectRow | undefined>;
}

export type LeaseResult =
  | { readonly held: true; readonly epoch: number; readonly previous: Owner | null }
  | { readonly held: false; readonly owner: Owner; readonly until: number };

/** Who may move which line. */
export interface WorkQueue {
  /**
   * Takes the line if it is free, expired, or `takeFrom` names the present owner (who was ended first); raises the epoch. `seen`: the epoch that
   * was looked at; an owner who has come since keeps the line, whatever its clock made of its lease's time.
   */
  acquire(
    line: LineId,
    owner: Owner,
    now: number,
    ttlMs: number,
    takeFrom?: Owner,
    seen?: number,
  ): Promise<LeaseResult>;
  /**
   * Throws `lease-lost` when the epoch is no longer current. Returns the line's signal, or the run's. `movedMs`: for how long the run was
   * moved since somebody last said so; counted with the lease, or not at all.
   */
  renew(fence: Fence, now: number, ttlMs: number, movedMs?: number): Promise<"stop" | null>;
  release(fence: Fence, movedMs?: number): Promise<void>;
}

/** All ports over one file. */
export interface Store extends CheckpointStore, RunStore, WorkQueue, NoticeStore, Inspection {
  close(): void;
}

/** What a program may read of the store of an open project. Nothing of it writes: runs are moved by the verbs of `Cadre`, which hold leases. */
export type StoreReads = Pick<
  Store,
  | "run"
  | "runs"
  | "lines"
  | "line"
  | "chart"
  | "events"
  | "runEvents"
  | "ask"
  | "asks"
  | "effect"
  | "effects"
  | "notices"
  | "noticeCounts"
  | "counts"
>;

/** The hash before a line's first event. */
export const genesisHash = "0".repeat(64);
