/** What the store holds, a row at a time, as its ports hand it out. */
import type { Brief, Limits } from "../briefs/brief.ts";
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
import type { AskId, EffectKey, LineId, RunId } from "../ids.ts";

import type { Rule } from "../org/chart.ts";

/** `waiting`: every line that could move waits for a person. */
export type RunStatus = "running" | "waiting" | "finished" | "failed" | "stopped";

/** One run. Times are ISO 8601 in UTC. */
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

/** An event with its place and its hash. */
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

/** Something that waits, or waited, for a person. Times are ISO 8601 in UTC; `hash` is what a decision is bound to. */
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
