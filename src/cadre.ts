/** The composition root: everything that a face (CLI, server, a program) can do with a project. */
import type { Brief } from "./briefs/brief.ts";
import type { BoundChart } from "./org/bound-chart.ts";
import type { Problem } from "./documents/problem.ts";
import type { OrgChart } from "./org/chart.ts";
import type { ChangeSet, Decision } from "./events/event.ts";
import type { AskId, RunId } from "./ids.ts";
import type { AskRow, EffectRow, LineRow, RunRow, Store, StoredEvent } from "./store/ports.ts";
import type { Clock } from "./clock.ts";
import type { IdSource } from "./ids.ts";
import type { RoleModel } from "./models/model.ts";

export type CadreOptions = {
  /** Where `modes/ graphs/ cadre.yaml` are. Absolute or relative to the process. */
  readonly dir: string;
  /** Database and workspaces; default `<dir>/.cadre`. */
  readonly data?: string;
  /** Default `<dir>/journal`. */
  readonly journal?: string;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  /** Stands in for every model (tests, programs); shown as what its `tier` says. */
  readonly model?: RoleModel;
  /** Opens the store for reading only; everything that writes throws `data-read-only`. */
  readonly readOnly?: boolean;
};

export type StartOptions = {
  /** Name of the file in `graphs/`, without extension; default: the only one there, or `feature-workflow`. */
  readonly workflow?: string;
  /** Entry role; default: the brief's, else the workflow's. */
  readonly to?: string;
  /** A name from cadre.yaml, `hf:<model>[:provider]`, or `<url>#<model>`; default: cadre.yaml's map, else rehearsal. */
  readonly model?: string;
  readonly includeDirty?: boolean;
  readonly by: string;
};

/** How an advance ended. `waiting`: `asks` are open. `drained`: stopped after the current step, to be resumed. */
export type AdvanceResult = {
  readonly status: "waiting" | "finished" | "failed" | "stopped" | "drained";
  readonly run: RunRow;
  readonly asks: readonly AskRow[];
};

export type AdvanceOptions = {
  /** Each event as soon as it is committed. */
  readonly onEvent?: (event: StoredEvent) => void;
  /** Model text while it streams; never stored. */
  readonly onText?: (role: string, text: string) => void;
  /** First abort: stop after the current step. */
  readonly drain?: AbortSignal;
  /** Stop now; calls under way are aborted and stay charged. */
  readonly signal?: AbortSignal;
};

export type DecideInput = {
  readonly verb: Decision["verb"];
  readonly text?: string;
  /** Edit-then-approve: the new arguments, a JSON object. */
  readonly args?: unknown;
  /** The hash that the person saw; left out: the ask's present one. Stale: `hash-stale`. */
  readonly hash?: string;
  readonly by: string;
  readonly face: string;
};

export type Verification = {
  readonly run: RunId;
  readonly ok: boolean;
  readonly events: number;
  readonly problems: readonly { readonly line: string; readonly index: number; readonly what: string }[];
};

export type ChangedFile = {
  readonly path: string;
  readonly kind: "added" | "modified" | "deleted";
  readonly before: string | null;
  readonly after: string | null;
};

export interface Cadre {
  readonly dir: string;
  readonly data: string;
  readonly journalDir: string;
  readonly store: Store;
  /** Checks everything, makes the run and its workspace; moves nothing yet. Errors: chart-invalid, workflow-invalid, role-unknown, brief-invalid, model-unknown. */
  start(brief: Brief, options: StartOptions): Promise<RunRow>;
  /** The walk that the rehearsal would take, in a scratch folder with an in-memory store: no effect on data, project or journal. */
  preview(brief: Brief, options: StartOptions): Promise<readonly StoredEvent[]>;
  /** Moves the run until it waits, ends or drains, then renders its journal. Errors: run-owned (with the owner), chain-broken. */
  advance(run: RunId, options?: AdvanceOptions): Promise<AdvanceResult>;
  /** First decision wins. Errors: ask-unknown, ask-decided (data: by, face, at), hash-stale, decision-invalid. Moves nothing. */
  decide(ask: AskId, input: DecideInput): Promise<AskRow>;
  /** Signals the owner, or ends the run itself if nobody holds it. */
  stop(run: RunId, by: string): Promise<RunRow>;
  /** The change set of the run's workspace, with texts for diffs. */
  changes(
    run: RunId,
  ): Promise<{ readonly set: ChangeSet; readonly files: readonly ChangedFile[]; readonly approved: string | null }>;
  /** Brings exactly the signed-off change set into the project. Errors: run-unknown, apply-conflict, hash-stale. */
  apply(run: RunId, by: string): Promise<ChangeSet>;
  /** Renders the journal; returns the paths written, relative to the journal folder. */
  journal(run: RunId): Promise<readonly string[]>;
  verify(run: RunId): Promise<Verification>;
  close(): void;
}

/** What a project holds, without a store: for lint, graph, who, and the checks of `start`. */
export type Project = {
  readonly chart: OrgChart;
  readonly bound: BoundChart | null;
  readonly problems: readonly Problem[];
};

export type { EffectRow, LineRow };
