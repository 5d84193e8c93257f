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
import type { Brief, Limits } from "../briefs/brief.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type {
  Acknowledgement,
  Action,
  Approvers,
  AskKind,
  Decision,
  Event,
  LimitName,
  Seat,
  Severity,
  Vote,
} from "../events/event.ts";
import type { Rule } from "../org/chart.ts";
import type { Inspection } from "./inspection.ts";
import type { NoticeStore } from "./outbox.ts";

export type RunStatus = "running" | "waiting" | "finished" | "failed" | "stopped";

export type RunRow = {
  readonly id: RunId;
  readonly status: RunStatus;
  readonly title: string;
  readonly brief: Brief;
  readonly entry: string;
  readonly workflow: string;
  /** Hash of the bound chart it was started with, or has adopted since. */
  readonly chart: string;
  readonly rehearsal: boolean;
  /** What `--model` said; null: the map in cadre.yaml decides. */
  readonly model: string | null;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly limits: Limits;
  /** Of its money; null: its models have no price, or several currencies. */
  readonly currency: string | null;
  /** Absolute path of the run's workspace. */
  readonly workspace: string;
  /** A person asked the run to stop; whoever holds the lease acts on it. */
  readonly signal: "stop" | null;
  readonly signalBy: string | null;
  readonly counters: Counters;
  /** Reason of the end, where it ended. */
  readonly reason: string | null;
  /** The cut that it went on from; left out: it began with a brief. */
  readonly past?: Past;
};

/** The first `length` events of a line, which another line goes on from: they are stored once, and read through it. */
export type Past = { readonly line: LineId; readonly length: number };

/** What is reserved in the commit of the intent, and settled with the outcome. */
export type Spent = {
  readonly modelCalls: number;
  readonly tokens: number;
  /** In millionths of the run's currency; what is unpriced, or priced in another one, is not in it. */
  readonly money: number;
  readonly gpuMs: number;
};

/** Of a whole run. `movedMs`: how long it was being moved, told at every renewal of a lease. */
export type Counters = Spent & { readonly movedMs: number };

export type Owner = { readonly host: string; readonly boot: string; readonly pid: number; readonly start: string };

export type LineRow = {
  readonly id: LineId;
  readonly run: RunId;
  /** The line whose event `openedAt` opened this one; null for the main line. */
  readonly parent: LineId | null;
  readonly openedAt: number | null;
  /** How a child line ended; null while it has not. The main line ends with its run. */
  readonly ended: "reported" | "stopped" | null;
  /** Its parent has taken up how it ended. */
  readonly closed: boolean;
  /** It is to stop although its run goes on; whoever holds its lease acts on it. */
  readonly signal: "stop" | null;
  readonly signalBy: string | null;
  /** Turns and actions, and refused calls: they count towards the run's limits. */
  readonly steps: number;
  readonly refusals: number;
  /** Events of another line that come before its own. */
  readonly past?: Past;
  /** Number of events committed, with those of its past. */
  readonly length: number;
  /** Hash of the last event; `genesisHash` where there is none. */
  readonly headHash: string;
  /** Newest checkpoint; null before the first. */
  readonly headCheckpoint: string | null;
  readonly epoch: number;
  readonly owner: Owner | null;
  /** ms since the epoch. */
  readonly leaseUntil: number | null;
};

/** Whoever writes as a line's owner shows this; a lower epoch is refused with `lease-lost` (D4). */
export type Fence = { readonly line: LineId; readonly epoch: number };

export type StoredEvent = {
  /** Arrival order over all lines; a streaming cursor only. */
  readonly seq: number;
  readonly line: LineId;
  /** 0-based within the line. */
  readonly index: number;
  /** sha256(previous hash + canonical JSON of the event), hex (D8). */
  readonly hash: string;
  readonly event: Event;
};

/** An event as it lies in the store, undecoded: what the chain is made of. */
export type StoredBytes = {
  readonly seq: number;
  readonly index: number;
  readonly hash: string;
  /** UTF-8. */
  readonly bytes: Uint8Array;
};

export type AskState = "open" | "decided" | "withdrawn";

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

export type AskRow = {
  readonly id: AskId;
  readonly run: RunId;
  readonly line: LineId;
  readonly kind: AskKind;
  readonly role: string;
  readonly to: string;
  readonly topic: string;
  readonly question: string;
  readonly options: readonly { readonly id: string; readonly text: string }[];
  readonly severity: Severity;
  readonly action: Action | null;
  readonly hash: string;
  readonly raisedAt: string;
  readonly deadline: string | null;
  readonly path: readonly string[];
  readonly rule: Rule;
  readonly limit: { readonly name: LimitName; readonly value: number; readonly ceiling: number } | null;
  readonly chart: string | null;
  /** The role that a person is asked for, and its routes; left out where it is none. */
  readonly seat?: Seat;
  readonly approvers?: Approvers;
  /** In the order in which they were cast; left out where one person decides. */
  readonly votes?: readonly Vote[];
  /** Left out: nobody has said so. */
  readonly acknowledged?: Acknowledgement;
  readonly state: AskState;
  readonly decision: Decision | null;
};

/** A line's checkpoint without the event log: that is stored once, as events. All JSON text. */
export type CheckpointRow = {
  readonly id: string;
  /** Length of the event log at this checkpoint. */
  readonly logLength: number;
  readonly checkpoint: string;
  readonly metadata: string;
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

/** An effect or a paid model call in the ledger (D3). */
export type EffectRow = {
  readonly key: EffectKey;
  readonly line: LineId;
  readonly kind: "model" | "tool";
  /** JSON: what will be done. For tools also what a probe needs. */
  readonly intent: unknown;
  /** JSON: what came of it; null while there is none. */
  readonly outcome: unknown;
  /** Code of the error that the last attempt ended with, before it had an outcome; null while it is under way or done. */
  readonly failed: string | null;
  /** Attempts started, 1-based. */
  readonly attempts: number;
  /** What all of them are charged with. */
  readonly charged: Spent;
  /** Of the last attempt; 0 where its owner lost the line without having been ended: it may still be at it (D4). */
  readonly epoch: number;
};

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
   * Where several people decide, an approval or a rejection is a vote: `won` says that it counts, and the ask is decided with the last one
   * that it takes. Errors then: not-approver, already-voted.
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

export interface Store extends CheckpointStore, RunStore, WorkQueue, NoticeStore, Inspection {
  close(): void;
}

/** The hash before a line's first event. */
export const genesisHash = "0".repeat(64);
