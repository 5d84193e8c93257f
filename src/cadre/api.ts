/** What every face (CLI, server, a program) can do with a project. */
import type { Brief } from "../briefs/brief.ts";
import type { Clock } from "../clock.ts";
import type { CadreError } from "../errors.ts";
import type { ChangeSet } from "../events/event.ts";
import type { AskId, IdSource, RunId } from "../ids.ts";
import type { RoleModel } from "../models/model.ts";
import type {
  AdvanceOptions,
  AdvanceResult,
  Changes,
  DecideInput,
  FileVerification,
  ForkOptions,
  ForkPlan,
  Rehearsed,
  StartOptions,
  Verification,
} from "../run/api.ts";
import type { StoreReads } from "../store/ports.ts";
import type { AskRow, RunRow, StoredEvent } from "../store/rows.ts";
import type { Activity } from "./activity.ts";
import type { Sandbox } from "../tools/sandbox/sandbox.ts";

/** `runs`: these alone. `head`: a hash that some line must hold. `onRun`: told of each run when it has been read. */
export type VerifyAllOptions = {
  readonly runs?: readonly RunId[];
  readonly head?: string;
  readonly onRun?: (result: Verification) => void;
};

/** What one round of `notify` did; `told` and `failed` count notices. */
export type Notified = {
  readonly told: number;
  readonly failed: number;
  /** Runs that were gone on with, as far as they came; those that another process moves are left to it. */
  readonly resumed: readonly AdvanceResult[];
  /** Runs that could not go on, each with the reason. */
  readonly stuck: readonly { readonly run: RunId; readonly error: CadreError }[];
};

/** How a project is opened. */
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
  /** Where commands run; left out: bubblewrap, and where that is missing none is run. */
  readonly sandbox?: Sandbox;
  /** Opens the store for reading only; everything that writes throws `data-read-only`. */
  readonly readOnly?: boolean;
};

/** An open project, and the verbs that start, move, decide, fork, verify and apply its runs. Close it when it is done with. */
export interface Cadre {
  readonly dir: string;
  readonly data: string;
  readonly journalDir: string;
  readonly store: StoreReads;
  /** Checks everything, makes the run and its workspace; moves nothing yet. Errors: chart-invalid, workflow-invalid, role-unknown, brief-invalid, model-unknown; model-auth, model-file and model-engine for what shows of a model without asking its server. */
  start(brief: Brief, options: StartOptions): Promise<RunRow>;
  /** What a fork would share, put again and leave standing; makes nothing. Errors: run-unknown, fork-refused. */
  planFork(run: RunId, options: ForkOptions): Promise<ForkPlan>;
  /**
   * A new run that goes on from a step of another one: same brief, what came before is shared, the workspace is as it was there. Moves
   * nothing yet. Errors: run-unknown, fork-refused (hint: the nearest steps that work), chain-broken, workspace-refused, model-unknown, and what `start` says of a model.
   */
  fork(run: RunId, options: ForkOptions): Promise<RunRow>;
  /** `fork` of a run that was stopped or failed, from its last step unless `at` names one. Errors: as fork; fork-refused where it has not ended so. */
  retry(run: RunId, options: ForkOptions): Promise<RunRow>;
  /** The walk that the rehearsal would take, in a scratch folder with an in-memory store: no effect on data, project or journal. */
  preview(brief: Brief, options: StartOptions): Promise<readonly StoredEvent[]>;
  /** The same to the end, with a stand-in for people that takes the first option and approves what it is shown. */
  rehearse(brief: Brief, options: StartOptions): Promise<Rehearsed>;
  /**
   * Moves the run until it waits, ends or drains, then renders its journal. What of it cadre.yaml says to tell may be under way when this
   * returns: `settled`. A listener of the options that throws undoes and stops nothing, and is called again: what it threw first is thrown
   * here as it is, when the run has come to rest (whose row `store.run` has), or is a warning of the process where the run itself failed.
   * To halt a run there are `drain` and `signal`. Errors: run-owned (with the owner), chain-broken.
   */
  advance(run: RunId, options?: AdvanceOptions): Promise<AdvanceResult>;
  /** Decides for the clock whatever is past its deadline, in the order of the deadlines; returns those asks as they stand then. Moves nothing. */
  passDeadlines(): Promise<readonly AskRow[]>;
  /**
   * Passes deadlines, and tells whoever cadre.yaml names of every ask that they have not been told of,
   * that comes near its deadline or went up. An advance does so for its run; for deadlines this is to be called every now and then.
   * `resume`: also goes on with the runs that a deadline moved on, one after another. Errors: config-invalid.
   */
  notify(options?: { readonly resume?: boolean }): Promise<Notified>;
  /**
   * First decision wins; where several people decide it is a vote, and the ask stays open until their number is reached. Moves nothing.
   * Errors: not-approver, already-voted, ask-unknown, chain-broken (the journal remembers more), ask-decided (data: by, face, at), hash-stale, decision-invalid.
   */
  decide(ask: AskId, input: DecideInput): Promise<AskRow>;
  /** Records who has seen an open ask; its deadline stays. Errors: ask-unknown, ask-decided (or acknowledged already), ask-expired. */
  acknowledge(ask: AskId, seen: { readonly by: string; readonly face: string }): Promise<AskRow>;
  /** Signals the owner, or ends the run itself if nobody holds it, and renders its journal then. Errors: run-unknown, chain-broken. */
  stop(run: RunId, by: string): Promise<RunRow>;
  /** The change set of the run's workspace, with texts for diffs. */
  changes(run: RunId): Promise<Changes>;
  /** Brings exactly the signed-off change set into the project. Errors: run-unknown, apply-conflict, hash-stale, data-read-only. */
  apply(run: RunId): Promise<ChangeSet>;
  /** Renders the journal; returns the paths written, relative to the journal folder. Errors: run-unknown, chain-broken (it remembers more than the store). */
  journal(run: RunId): Promise<readonly string[]>;
  /** Chain, guarantees and rows of a run, compared with its journal where there is one. `head`: a hash that some line must hold. */
  verify(run: RunId, options?: { readonly head?: string }): Promise<Verification>;
  /** The file as a whole, and every run (or these) one after another; `onRun` gets each result. Errors: store-corrupt. */
  verifyAll(options?: VerifyAllOptions): Promise<FileVerification>;
  /** What a role is told before its task, as the files are now. Errors: chart-invalid, workflow-invalid, role-unknown. */
  promptOf(role: string): Promise<string>;
  /** What this process has seen of the servers that it asked; nothing is asked for it. */
  activity(): Promise<Activity>;
  /** Once the notices that advances began have been delivered or given up: seconds where a target is slow. To be awaited before `close`. */
  settled(): Promise<void>;
  /** What is not settled is told again by whoever looks next. */
  close(): void;
}
