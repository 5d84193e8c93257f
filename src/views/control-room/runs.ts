/** Runs, and what the page of one shows. */
import type { AskKind, LimitName } from "../../events/event.ts";
import type { NumberedEvent } from "../../events/numbered.ts";
import type { StepKind } from "../trace/step.ts";
import type { ErrorView } from "./session.ts";

export type WaitingView = {
  readonly id: string;
  readonly kind: AskKind;
  readonly role: string;
  readonly to: string;
  readonly topic: string;
};

/** What a list shows of a run's events. */
export type RunFigures = {
  readonly steps: number;
  /** The last steps by which work moved, oldest first. */
  readonly hops: readonly { readonly kind: StepKind; readonly ok: boolean }[];
  /** Who acts, as `role` or `role → role`; empty before the first step. */
  readonly where: string;
  readonly calls: number;
  /** As servers counted them; 0 where none did. */
  readonly tokens: number;
  readonly escalations: number;
  readonly refusals: number;
  readonly lastAt: string | null;
};

export type RunStatusWord = "running" | "waiting" | "finished" | "failed" | "stopped";

/** A row of cadre.runs/1. `mover`: this server, another process, or nobody. */
export type RunLine = {
  readonly id: string;
  readonly status: RunStatusWord;
  readonly title: string;
  readonly entry: string;
  readonly startedAt: string;
  readonly rehearsal: boolean;
  readonly asks: readonly WaitingView[];
  readonly mover: "here" | "elsewhere" | null;
  readonly figures: RunFigures;
};

/** cadre.run/1. */
export type RunView = RunLine & {
  readonly brief: BriefView;
  readonly workflow: string;
  /** Hash of the chart that the run is bound to. */
  readonly chart: string;
  readonly model: string | null;
  readonly startedBy: string;
  readonly endedAt: string | null;
  readonly reason: string | null;
  readonly signal: "stop" | null;
  readonly limits: Readonly<Partial<Record<LimitName, number>>>;
  readonly counters: {
    readonly modelCalls: number;
    readonly tokens: number;
    /** In millionths of the currency. */
    readonly money: number;
    readonly gpuMs: number;
    readonly movedMs: number;
  };
  /** Of the run's prices and of its limit of money; null where it has none. */
  readonly currency: string | null;
  /** Why this server could not go on with it, when it last tried. */
  readonly trouble: ErrorView | null;
};

/** What a fork would do; nothing is made yet. */
export type ForkView = {
  readonly of: string;
  readonly after: number;
  readonly next: string;
  readonly length: number;
  readonly sharedCalls: number;
  readonly sharedTurns: number;
  /** What happened outside the workspace and is not undone. */
  readonly stays: readonly {
    readonly step: number | null;
    readonly role: string;
    readonly what: string;
    readonly when: "before" | "after";
  }[];
};

export type BriefView = {
  readonly title: string;
  readonly task: string;
  readonly why: string;
  readonly where: string;
  readonly when: string;
  readonly acceptance: readonly { readonly id: string; readonly text: string }[];
  readonly inputs: readonly { readonly path: string; readonly description?: string }[];
  readonly constraints: readonly string[];
  readonly limits: Readonly<
    Partial<Record<LimitName, number | { readonly amount: number; readonly currency: string }>>
  >;
  readonly to: string | null;
  readonly file: string | null;
};

export type EventsView = { readonly events: readonly NumberedEvent[]; readonly cursor: number };

export type ChangesView = {
  readonly hash: string;
  readonly approved: string | null;
  readonly files: readonly {
    readonly path: string;
    readonly kind: "added" | "modified" | "deleted";
    readonly before: string | null;
    readonly after: string | null;
  }[];
};

export type JournalView = { readonly pages: readonly { readonly path: string; readonly text: string }[] };
